package penstock;

/** Finds out which bytes of a CSV record are inside quotes. */
final class CsvScan {
    /** States: at the start of a cell, in an unquoted cell, in a quoted cell, after a quote in a quoted cell, after malformed input. */
    static final int START = 0;

    static final int PLAIN = 1;
    static final int QUOTED = 2;
    static final int QUOTE = 3;
    static final int BROKEN = 4;

    private CsvScan() {
    }

    /** The state at the end of a line, given the state at its start. The line may end with a carriage return. */
    static int after(byte[] line, int state) {
        int place = state;
        for (int i = state == START ? mark(line) : 0; i < line.length && place != BROKEN; i++) {
            boolean end = line[i] == '\r' && i == line.length - 1;
            place = place == QUOTE && end ? QUOTE : next(place, line[i]);
        }
        return place;
    }

    /** The index of the first line end that is neither inside quotes nor the end of the record; -1 if there is no such one. */
    static int lineEnd(byte[] record) {
        int length = withoutLineEnd(record);
        int first = 0;
        while (first < length && record[first] != '\n' && record[first] != '\r') {
            first++;
        }
        if (first == length) { // nearly all records
            return -1;
        }
        int place = START;
        for (int i = mark(record); i < length && place != BROKEN; i++) {
            if (place != QUOTED && (record[i] == '\n' || record[i] == '\r')) {
                return i;
            }
            place = next(place, record[i]);
        }
        return -1;
    }

    /** The length of the byte order mark at the start of a record, which Flink's decoder skips. */
    private static int mark(byte[] record) {
        boolean found = record.length > 2 && record[0] == (byte) 0xEF && record[1] == (byte) 0xBB && record[2] == (byte) 0xBF;
        return found ? 3 : 0;
    }

    private static int next(int place, byte one) {
        if (place == QUOTED) {
            return one == '"' ? QUOTE : QUOTED;
        }
        if (one == ',') {
            return START;
        }
        if (place == START) {
            return one == '"' ? QUOTED : PLAIN;
        }
        if (place == QUOTE && one == '"') {
            return QUOTED; // two quotes in a quoted cell stand for one quote
        }
        // As in Flink's decoder, spaces and control characters may follow a quoted cell. Bytes that are not ASCII are negative.
        boolean skipped = one >= 0 && one <= ' ' && one != '\r' && one != '\n';
        return place == QUOTE && !skipped ? BROKEN : place;
    }

    /** The length of a record without the line feed, or carriage return and line feed, at its end. */
    private static int withoutLineEnd(byte[] record) {
        int length = record.length;
        length -= length > 0 && record[length - 1] == '\n' ? 1 : 0;
        return length - (length > 0 && record[length - 1] == '\r' ? 1 : 0);
    }
}
