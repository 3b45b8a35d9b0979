package penstock;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The buffer of {@link JsonEncoder}, which grows. */
final class JsonOutput {
    /** Powers of ten that fit into a long. */
    static final long[] TENS = new long[19];

    private static final byte[] HEX = "0123456789ABCDEF".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SHORT = new byte[128];
    private static final int LONGEST_ESCAPE = 6;
    private static final int LONGEST_NUMBER = 20;

    static {
        TENS[0] = 1;
        for (int i = 1; i < TENS.length; i++) {
            TENS[i] = TENS[i - 1] * 10;
        }
        SHORT['"'] = '"';
        SHORT['\\'] = '\\';
        SHORT['\b'] = 'b';
        SHORT['\f'] = 'f';
        SHORT['\n'] = 'n';
        SHORT['\r'] = 'r';
        SHORT['\t'] = 't';
    }

    private byte[] buffer = new byte[1024];
    private int at;

    void start() {
        at = 0;
    }

    byte[] copy() {
        return Arrays.copyOf(buffer, at);
    }

    private void reserve(int more) {
        if (buffer.length - at < more) {
            buffer = Arrays.copyOf(buffer, Math.max(2 * buffer.length, at + more));
        }
    }

    void character(char one) {
        reserve(1);
        buffer[at++] = (byte) one;
    }

    void bytes(byte[] all) {
        reserve(all.length);
        System.arraycopy(all, 0, buffer, at, all.length);
        at += all.length;
    }

    void quoted(byte[] all) {
        character('"');
        bytes(all);
        character('"');
    }

    /** A text in ASCII that needs no escape, such as a number. */
    void latin(String text) {
        bytes(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    void number(long value) {
        if (value == Long.MIN_VALUE) {
            latin(Long.toString(value));
            return;
        }
        reserve(LONGEST_NUMBER);
        long rest = value;
        if (rest < 0) {
            buffer[at++] = '-';
            rest = -rest;
        }
        int digits = 1;
        while (digits < TENS.length && rest >= TENS[digits]) {
            digits++;
        }
        padded(rest, digits);
    }

    /** The last {@code digits} digits of a number that is not negative. */
    void padded(long value, int digits) {
        reserve(digits);
        long rest = value;
        for (int i = at + digits - 1; i >= at; i--) {
            buffer[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        at += digits;
    }

    /** A text in well-formed UTF-8, in quotes. */
    void text(byte[] utf8) {
        string(utf8, 0, utf8.length, false);
    }

    /** A text in quotes, if it is ASCII. Otherwise returns false, and nothing is written. */
    boolean ascii(byte[] bytes, int offset, int length) {
        int before = at;
        if (string(bytes, offset, length, true)) {
            return true;
        }
        at = before;
        return false;
    }

    private boolean string(byte[] bytes, int offset, int length, boolean onlyAscii) {
        reserve(length + 2);
        buffer[at++] = '"';
        int end = offset + length;
        for (int i = offset; i < end;) {
            if (i + Long.BYTES <= end) {
                long word = EightBytes.get(bytes, i);
                if (EightBytes.special(word) == 0) {
                    EightBytes.set(buffer, at, word);
                    at += Long.BYTES;
                    i += Long.BYTES;
                    continue;
                }
            }
            byte one = bytes[i++];
            if (one < 0 && onlyAscii) {
                return false;
            }
            if (one >= 0 && (one < ' ' || one == '"' || one == '\\')) {
                escape(one, end - i);
            } else {
                buffer[at++] = one;
            }
        }
        buffer[at++] = '"';
        return true;
    }

    private void escape(byte one, int rest) {
        reserve(LONGEST_ESCAPE + rest + 1);
        buffer[at++] = '\\';
        if (SHORT[one] != 0) {
            buffer[at++] = SHORT[one];
            return;
        }
        buffer[at++] = 'u';
        buffer[at++] = '0';
        buffer[at++] = '0';
        buffer[at++] = HEX[one >> 4];
        buffer[at++] = HEX[one & 15];
    }
}
