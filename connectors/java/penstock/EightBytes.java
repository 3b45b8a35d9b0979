package penstock;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Looks at eight bytes of a text at once. */
final class EightBytes {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH = 0x8080808080808080L;

    private EightBytes() {
    }

    static long get(byte[] bytes, int at) {
        return (long) LONGS.get(bytes, at);
    }

    static void set(byte[] bytes, int at, long word) {
        LONGS.set(bytes, at, word);
    }

    static boolean isAscii(long word) {
        return (word & HIGH) == 0;
    }

    /**
     * Zero if all eight bytes are printable ASCII other than quotes and backslashes, which JSON does not escape. Otherwise the lowest bit
     * that is set is in the first other byte (as zero bytes are found in H. S. Warren, Hacker's Delight, 6-1).
     */
    static long special(long word) {
        long quotes = word ^ '"' * ONES;
        long backslashes = word ^ '\\' * ONES;
        long control = (word - ' ' * ONES) & ~word;
        return (((quotes - ONES) & ~quotes) | ((backslashes - ONES) & ~backslashes) | control | word) & HIGH;
    }
}
