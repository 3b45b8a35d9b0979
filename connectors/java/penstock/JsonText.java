package penstock;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.flink.table.data.StringData;

/**
 * A position in the bytes of a JSON record, and the scanner of {@link JsonBytes}. Anything that is not plain, well-formed JSON in UTF-8
 * throws {@link JsonBytes.Unusual}; a record that ends too early throws {@link ArrayIndexOutOfBoundsException}.
 */
final class JsonText implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final int DEEPEST = 64;
    private static final int LONGEST_KEY = 1000;
    private static final int LONGEST_NUMBER = 500;
    private static final int LONGEST_EXPONENT = 4;
    private static final int LEAST_TIMESTAMP = 20; // the quote, and the date and time to the second
    static final long OTHER = Long.MIN_VALUE;
    private static final String ESCAPES = "\"\\/bfnrt";
    private static final byte[] ESCAPED = {'"', '\\', '/', '\b', '\f', '\n', '\r', '\t'};

    transient byte[] bytes;
    int at;

    /** Of the number that was read last: its digits without sign, point and exponent (they overflow if there are more than 18). */
    long mantissa;

    int digits;
    /** How many of the digits are behind the point. */
    int fraction;

    int exponent;
    boolean negative;

    private transient byte[] unescaped;

    void start(byte[] record) {
        bytes = record;
        at = 0;
    }

    boolean atEnd() {
        while (at < bytes.length && isSpace(bytes[at])) {
            at++;
        }
        return at == bytes.length;
    }

    byte next() {
        return bytes[at];
    }

    void spaces() {
        if (bytes[at] > ' ') {
            return;
        }
        while (isSpace(bytes[at])) {
            at++;
        }
    }

    private static boolean isSpace(byte one) {
        return one == ' ' || one == '\n' || one == '\r' || one == '\t';
    }

    void expect(char wanted) {
        if (bytes[at++] != wanted) {
            throw JsonBytes.unusual();
        }
    }

    void literal(String word) {
        for (int i = 0; i < word.length(); i++) {
            expect(word.charAt(i));
        }
    }

    /** Whether the rest of a key, with its closing quote, is this one; then the position is behind it. */
    boolean hasKey(byte[] key) {
        int end = at + key.length;
        if (end < bytes.length && bytes[end] == '"' && Arrays.equals(bytes, at, end, key, 0, key.length)) {
            at = end + 1;
            return true;
        }
        return false;
    }

    /** Moves behind the closing quote of a key in plain ASCII; the index of that quote. */
    int plainKey() {
        int start = at;
        while (bytes[at] != '"') {
            if (bytes[at] < ' ' || bytes[at] == '\\') { // bytes that are not ASCII are negative
                throw JsonBytes.unusual();
            }
            at++;
        }
        if (at - start > LONGEST_KEY) {
            throw JsonBytes.unusual();
        }
        return at++;
    }

    String text(int start) {
        return new String(bytes, start, at - start, StandardCharsets.ISO_8859_1); // a number, which is ASCII
    }

    StringData string() {
        int start = at + 1;
        int end = endOfString();
        return end >= 0 ? StringData.fromBytes(bytes, start, end - start) : unescape(start);
    }

    /** Moves behind a string; the index of its closing quote. Returns -1 at the first backslash. */
    private int endOfString() {
        byte[] record = bytes; // local variables, because the fields would be read and written for each byte
        int here = at + 1;
        while (true) {
            if (here + Long.BYTES <= record.length) {
                long found = EightBytes.special(EightBytes.get(record, here));
                if (found == 0) {
                    here += Long.BYTES;
                    continue;
                }
                here += Long.numberOfTrailingZeros(found) / Byte.SIZE;
            }
            byte one = record[here];
            if (one >= 0 && one != '"' && one != '\\') { // one of the last bytes of the record, or a control character
                here++;
                continue;
            }
            at = here;
            if (one == '"') {
                at++;
                return here;
            }
            if (one == '\\') {
                return -1;
            }
            here += sequence();
        }
    }

    /** The length of the UTF-8 sequence at the current position, which is checked. */
    private int sequence() {
        int length = Utf8.sequence(bytes, at);
        if (length == 0) {
            throw JsonBytes.unusual();
        }
        return length;
    }

    /** The string from {@code start}, whose first backslash is at the current position. */
    private StringData unescape(int start) {
        int length = at - start;
        if (unescaped == null || unescaped.length < bytes.length - start) {
            unescaped = new byte[2 * (bytes.length - start)];
        }
        System.arraycopy(bytes, start, unescaped, 0, length);
        while (bytes[at] != '"') {
            byte one = bytes[at];
            if (one == '\\') {
                length = escape(length);
            } else {
                for (int left = one < 0 ? sequence() : 1; left > 0; left--) {
                    unescaped[length++] = bytes[at++];
                }
            }
        }
        at++;
        return StringData.fromBytes(Arrays.copyOf(unescaped, length));
    }

    private int escape(int length) {
        byte kind = bytes[at + 1];
        if (kind != 'u') {
            int index = ESCAPES.indexOf(kind);
            if (index < 0) {
                throw JsonBytes.unusual();
            }
            unescaped[length] = ESCAPED[index];
            at += 2;
            return length + 1;
        }
        int code = unit();
        if (code >= 0xD800 && code <= 0xDFFF) {
            if (code >= 0xDC00 || bytes[at] != '\\' || bytes[at + 1] != 'u') {
                throw JsonBytes.unusual();
            }
            int low = unit();
            if (low < 0xDC00 || low > 0xDFFF) {
                throw JsonBytes.unusual();
            }
            code = Character.toCodePoint((char) code, (char) low);
        }
        byte[] encoded = Character.toString(code).getBytes(StandardCharsets.UTF_8);
        System.arraycopy(encoded, 0, unescaped, length, encoded.length);
        return length + encoded.length;
    }

    /** The UTF-16 code unit of an escape such as {@code \u00e9}. */
    private int unit() {
        int code = 0;
        for (int i = 2; i < 6; i++) {
            int digit = Character.digit(bytes[at + i], 16);
            if (digit < 0) {
                throw JsonBytes.unusual();
            }
            code = code * 16 + digit;
        }
        at += 6;
        return code;
    }

    /**
     * Milliseconds since 1970 of a timestamp in its usual form in quotes, such as {@code "2026-01-31T12:30:15.123Z"}, with the zone Z if
     * {@code zoned}, else without one. Returns {@link #OTHER}, and does not move, for any other form; {@link TimeText} reads those.
     */
    long timestamp(boolean zoned) {
        int end = at + LEAST_TIMESTAMP;
        if (end >= bytes.length || bytes[at + 5] != '-' || bytes[at + 8] != '-' || bytes[at + 14] != ':'
                || bytes[at + 17] != ':' || (bytes[at + 11] != 'T' && bytes[at + 11] != ' ')) {
            return OTHER;
        }
        int year = two(at + 1) * 100 + two(at + 3);
        int month = two(at + 6);
        int day = two(at + 9);
        int hour = two(at + 12);
        int minute = two(at + 15);
        int second = two(at + 18);
        boolean known = year > 0 && month > 0 && month <= 12 && day > 0 && hour >= 0 && hour < 24 && minute >= 0 && minute < 60
                && second >= 0 && second < 60;
        if (!known || day > TimeText.daysOf(year, month)) {
            return OTHER;
        }
        int millis = 0;
        if (bytes[end] == '.') {
            int unit = 100;
            int digit = bytes[++end] - '0';
            if (digit < 0 || digit > 9) {
                return OTHER;
            }
            for (; digit >= 0 && digit <= 9; digit = bytes[++end] - '0') {
                millis += digit * unit;
                unit /= 10;
                if (unit == 0 && bytes[end + 1] >= '0' && bytes[end + 1] <= '9') {
                    return OTHER;
                }
            }
        }
        if (zoned && bytes[end++] != 'Z') {
            return OTHER;
        }
        if (bytes[end] != '"') {
            return OTHER;
        }
        at = end + 1;
        long seconds = TimeText.epochDay(year, month, day) * 86_400L + hour * 3600 + minute * 60 + second;
        return seconds * 1000 + millis;
    }

    /** Two digits as a number, which is negative if one is not a digit. */
    private int two(int place) {
        int tens = bytes[place] - '0';
        int ones = bytes[place + 1] - '0';
        return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -100_000 : tens * 10 + ones;
    }

    /** Reads a number and sets its parts. */
    void number() {
        int start = at;
        negative = bytes[at] == '-';
        at += negative ? 1 : 0;
        mantissa = 0;
        digits = 0;
        exponent = 0;
        boolean zero = bytes[at] == '0';
        digits();
        if (digits == 0 || (zero && digits > 1)) {
            throw JsonBytes.unusual();
        }
        fraction = 0;
        if (bytes[at] == '.') {
            at++;
            int before = digits;
            digits();
            fraction = digits - before;
            if (fraction == 0) {
                throw JsonBytes.unusual();
            }
        }
        if (bytes[at] == 'e' || bytes[at] == 'E') {
            exponent();
        }
        if (at - start > LONGEST_NUMBER) {
            throw JsonBytes.unusual();
        }
    }

    private void digits() {
        byte[] record = bytes;
        long value = mantissa;
        int here = at;
        for (int digit = record[here] - '0'; digit >= 0 && digit <= 9; digit = record[++here] - '0') {
            value = value * 10 + digit;
        }
        mantissa = value;
        digits += here - at;
        at = here;
    }

    private void exponent() {
        at++;
        boolean minus = bytes[at] == '-';
        at += minus || bytes[at] == '+' ? 1 : 0;
        int start = at;
        for (int digit = bytes[at] - '0'; digit >= 0 && digit <= 9; digit = bytes[++at] - '0') {
            exponent = exponent * 10 + digit;
            if (at - start >= LONGEST_EXPONENT) {
                throw JsonBytes.unusual();
            }
        }
        if (at == start) {
            throw JsonBytes.unusual();
        }
        exponent = minus ? -exponent : exponent;
    }

    /** Moves behind a value, which is checked. */
    void skip() {
        skip(DEEPEST);
    }

    private void skip(int deep) {
        switch (bytes[at]) {
            case '"':
                if (endOfString() < 0) {
                    unescape(at);
                }
                break;
            case '{':
                at++;
                many('}', deep);
                break;
            case '[':
                at++;
                many(']', deep);
                break;
            case 't':
                literal("true");
                break;
            case 'f':
                literal("false");
                break;
            case 'n':
                literal("null");
                break;
            default:
                number();
        }
    }

    /** Moves behind a list or an object with at most {@code deep} levels. */
    private void many(char close, int deep) {
        if (deep == 0) {
            throw JsonBytes.unusual();
        }
        spaces();
        if (bytes[at] == close) {
            at++;
            return;
        }
        while (true) {
            if (close == '}') {
                expect('"');
                plainKey();
                spaces();
                expect(':');
                spaces();
            }
            skip(deep - 1);
            spaces();
            if (bytes[at] == close) {
                at++;
                return;
            }
            expect(',');
            spaces();
        }
    }
}
