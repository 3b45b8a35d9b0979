package penstock;

import java.io.IOException;
import java.util.Locale;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;

/** A record or a value that cannot be decoded. Has no stack trace, because it is thrown for each undecodable record. */
public final class Undecodable extends IOException {
    private static final long serialVersionUID = 1L;
    private static final int LONGEST = 60;

    Undecodable(String message) {
        super(message);
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }

    /** The text found in a column is not a value of its type; {@code why} is what was expected instead. */
    static Undecodable value(String column, String found, LogicalType type, String why) {
        String name = name(type);
        String article = name.equals("bytes") ? "" : "aeiou".indexOf(name.charAt(0)) >= 0 ? "an " : "a ";
        return new Undecodable(column + ": \"" + shown(found) + "\" is not " + article + name + ": " + why);
    }

    /** The type as a job file spells it, such as {@code decimal(10, 2)}. */
    static String name(LogicalType type) {
        switch (type.getTypeRoot()) {
            case TIME_WITHOUT_TIME_ZONE:
                return "time";
            case VARBINARY:
                return "bytes";
            case ARRAY:
            case MAP:
            case ROW:
                return type.getTypeRoot().name().toLowerCase(Locale.ROOT);
            default:
                return type.copy(true).asSummaryString().toLowerCase(Locale.ROOT);
        }
    }

    static boolean isText(LogicalType type) {
        return type.is(LogicalTypeRoot.CHAR) || type.is(LogicalTypeRoot.VARCHAR);
    }

    static String shown(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST - 3) + "...";
    }
}
