package penstock;

/** Checks that bytes are well-formed UTF-8 (The Unicode Standard, table 3-7). Java and Jackson replace or accept other bytes silently. */
final class Utf8 {
    private Utf8() {
    }

    /** The index of the first byte that is not part of a well-formed sequence; -1 if there is no such one. */
    static int illFormed(byte[] bytes) {
        int at = 0;
        while (at < bytes.length) {
            if (at + Long.BYTES <= bytes.length && EightBytes.isAscii(EightBytes.get(bytes, at))) {
                at += Long.BYTES;
                continue;
            }
            int length = bytes[at] >= 0 ? 1 : sequence(bytes, at);
            if (length == 0) {
                return at;
            }
            at += length;
        }
        return -1;
    }

    /** The length of the sequence at an index whose first byte is not ASCII; 0 if the sequence is not well-formed. */
    static int sequence(byte[] bytes, int at) {
        int first = bytes[at] & 0xFF;
        if (first >= 0xC2 && first <= 0xDF) {
            return isContinuation(bytes, at + 1, 0x80, 0xBF) ? 2 : 0;
        }
        if (first >= 0xE0 && first <= 0xEF) {
            boolean second = isContinuation(bytes, at + 1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF);
            return second && isContinuation(bytes, at + 2, 0x80, 0xBF) ? 3 : 0;
        }
        if (first >= 0xF0 && first <= 0xF4) {
            boolean second = isContinuation(bytes, at + 1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF);
            boolean rest = isContinuation(bytes, at + 2, 0x80, 0xBF) && isContinuation(bytes, at + 3, 0x80, 0xBF);
            return second && rest ? 4 : 0;
        }
        return 0;
    }

    private static boolean isContinuation(byte[] bytes, int at, int least, int most) {
        if (at >= bytes.length) {
            return false;
        }
        int one = bytes[at] & 0xFF;
        return one >= least && one <= most;
    }

    /** Whether each surrogate of a text has its pair, so that UTF-8 can express it. */
    static boolean canExpress(String text) {
        for (int i = 0; i < text.length(); i++) {
            char one = text.charAt(i);
            if (Character.isSurrogate(one)) {
                if (Character.isLowSurrogate(one) || i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }
}
