package penstock;

import java.io.Serializable;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Base64;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.CharType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.VarCharType;

/**
 * Converts a text to Flink's internal value of a scalar type, or rejects it. Flink's own decoders change values silently: they cut off
 * fractions, turn decimals that are too large into NULL, and read any text but {@code true} as false.
 */
interface TextValue extends Serializable {
    /** Digits and characters that a number may have; a larger number would take long to convert. */
    int LONGEST_NUMBER = 1000;

    Object of(String text) throws Undecodable;

    /** The reader of a column; {@code times} is how its times are read, see {@link TimeText}. Null if the type is not a scalar. */
    static TextValue reader(String column, LogicalType type, String times) {
        switch (type.getTypeRoot()) {
            case CHAR:
            case VARCHAR:
                return text(column, type);
            case BOOLEAN:
                return text -> bool(column, type, text);
            case TINYINT:
                return text -> (byte) whole(column, type, text, Byte.MIN_VALUE, Byte.MAX_VALUE);
            case SMALLINT:
                return text -> (short) whole(column, type, text, Short.MIN_VALUE, Short.MAX_VALUE);
            case INTEGER:
                return text -> (int) whole(column, type, text, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case BIGINT:
                return text -> whole(column, type, text, Long.MIN_VALUE, Long.MAX_VALUE);
            case FLOAT:
                return text -> real(column, type, text).floatValue();
            case DOUBLE:
                return text -> real(column, type, text).doubleValue();
            case DECIMAL:
                return text -> decimal(column, (DecimalType) type, text);
            case VARBINARY:
                return text -> bytes(column, type, text);
            case DATE:
            case TIME_WITHOUT_TIME_ZONE:
            case TIMESTAMP_WITHOUT_TIME_ZONE:
            case TIMESTAMP_WITH_LOCAL_TIME_ZONE:
                TimeText time = new TimeText(column, type, times);
                return time::read;
            default:
                return null;
        }
    }

    private static TextValue text(String column, LogicalType type) {
        boolean exact = type instanceof CharType;
        int length = exact ? ((CharType) type).getLength() : ((VarCharType) type).getLength();
        if (length == VarCharType.MAX_LENGTH) {
            return StringData::fromString;
        }
        String why = "expected a text of " + (exact ? "exactly " : "at most ") + length + " characters";
        return text -> {
            int count = text.codePointCount(0, text.length());
            if (exact ? count != length : count > length) {
                throw Undecodable.value(column, text, type, why + ", found " + count);
            }
            return StringData.fromString(text);
        };
    }

    private static boolean bool(String column, LogicalType type, String text) throws Undecodable {
        String word = text.trim();
        if (word.equalsIgnoreCase("true")) {
            return true;
        }
        if (word.equalsIgnoreCase("false")) {
            return false;
        }
        throw Undecodable.value(column, text, type, "expected true or false");
    }

    private static byte[] bytes(String column, LogicalType type, String text) throws Undecodable {
        try {
            if (text.length() % 4 == 0) {
                return Base64.getDecoder().decode(text);
            }
        } catch (IllegalArgumentException e) {
            // not base64
        }
        throw Undecodable.value(column, text, type, "expected a text in base64");
    }

    private static long whole(String column, LogicalType type, String text, long least, long most) throws Undecodable {
        String given = text.trim();
        String why = "expected a whole number from " + least + " to " + most;
        long value = 0;
        try {
            value = isNumber(given) ? Long.parseLong(given) : exact(column, type, text, why);
        } catch (NumberFormatException e) {
            value = exact(column, type, text, why);
        }
        if (value < least || value > most) {
            throw Undecodable.value(column, text, type, why);
        }
        return value;
    }

    /** A whole number with a fraction of zeros or an exponent, such as 1.0 and 1e3. */
    private static long exact(String column, LogicalType type, String text, String why) throws Undecodable {
        BigDecimal number = number(column, type, text, why);
        boolean huge = number.signum() != 0 && (long) number.precision() - number.scale() > 19;
        if (huge || number.stripTrailingZeros().scale() > 0) {
            throw Undecodable.value(column, text, type, why);
        }
        try {
            return number.longValueExact();
        } catch (ArithmeticException e) {
            throw Undecodable.value(column, text, type, why);
        }
    }

    /** Rounds half up to the scale, as Flink does. */
    private static DecimalData decimal(String column, DecimalType type, String text) throws Undecodable {
        BigDecimal number = number(column, type, text, "expected a number");
        int precision = type.getPrecision();
        int scale = type.getScale();
        // Checked before the number is expanded: 1e999999999 would have a billion digits.
        long integers = (long) number.precision() - number.scale();
        if (number.signum() == 0 || integers < -scale) {
            return DecimalData.zero(precision, scale);
        }
        DecimalData value = integers > precision - scale
                ? null
                : DecimalData.fromBigDecimal(number.setScale(scale, RoundingMode.HALF_UP), precision, scale);
        if (value == null) {
            int digits = precision - scale;
            throw Undecodable.value(column, text, type,
                    "expected at most " + digits + (digits == 1 ? " digit" : " digits") + " before the point");
        }
        return value;
    }

    private static BigDecimal number(String column, LogicalType type, String text, String why) throws Undecodable {
        String given = text.trim();
        if (given.length() > LONGEST_NUMBER) {
            throw Undecodable.value(column, text, type, "expected a number of at most " + LONGEST_NUMBER + " characters");
        }
        try {
            if (isNumber(given)) {
                return new BigDecimal(given);
            }
        } catch (NumberFormatException e) {
            // not a number, or an exponent of more than ten digits
        }
        throw Undecodable.value(column, text, type, why);
    }

    private static Number real(String column, LogicalType type, String text) throws Undecodable {
        boolean single = type.getTypeRoot() == LogicalTypeRoot.FLOAT;
        String given = text.trim();
        if (given.equals("NaN") || given.equals("Infinity") || given.equals("-Infinity") || given.equals("+Infinity")) {
            return Double.valueOf(given);
        }
        try {
            if (isNumber(given)) {
                Number value = single ? (Number) Float.valueOf(given) : (Number) Double.valueOf(given);
                if (!Double.isInfinite(value.doubleValue())) {
                    return value;
                }
                String most = single ? "3.4e38" : "1.8e308";
                throw Undecodable.value(column, text, type, "expected a number from -" + most + " to " + most);
            }
        } catch (NumberFormatException e) {
            // not a number
        }
        throw Undecodable.value(column, text, type, "expected a number");
    }

    /** Whether a text has only characters of decimal numbers. Java's parsers also accept other digits, hexadecimal numbers and suffixes. */
    private static boolean isNumber(String text) {
        for (int i = 0; i < text.length(); i++) {
            char one = text.charAt(i);
            boolean known = one >= '0' && one <= '9' || one == '-' || one == '+' || one == '.' || one == 'e' || one == 'E';
            if (!known) {
                return false;
            }
        }
        return true;
    }
}
