package penstock;

import java.io.Serializable;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneRules;
import java.util.List;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.logical.LocalZonedTimestampType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.TimestampType;

/**
 * Parses dates, times and timestamps. {@code connectors/formats/times.py} accepts the same texts in Python, with the same errors.
 *
 * <p>The scanner is written by hand because it runs for each record, and Java's formatters allocate a map of fields for each text.
 */
public final class TimeText implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final String ZONE = "a zone (Z or +02:00)";
    private static final String NUMBER = "a number since 1970";
    private static final int LONGEST_NUMBER = 40;
    private static final long FIRST_SECOND = -62135596800L; // 0001-01-01T00:00:00Z
    private static final long LAST_SECOND = 253402300799L; // 9999-12-31T23:59:59Z
    private static final BigInteger BILLION = BigInteger.valueOf(1_000_000_000L);
    private static final int[] TENS = {1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000};

    /** Units of numbers since 1970. The index of a unit is the number of decimal digits of a second that it stands for. */
    private static final List<String> EPOCHS = List.of("epoch_s", "", "", "epoch_ms", "", "", "epoch_us", "", "", "epoch_ns");

    private final String column;
    private final LogicalType type;
    private final LogicalTypeRoot root;
    /** The unit of the last digit that is kept, in nanoseconds. */
    private final int step;
    /** For numbers since 1970, the decimal digits of a second that the unit stands for; -1 for texts. */
    private final int epochDigits;
    /** The time zone of texts without an offset; null if they must have one. */
    private final ZoneId zone;

    private transient ZoneRules rules;
    private transient String text;
    private transient int at;
    private transient int end;
    private transient int nanos;

    /** {@code reading} is `iso`, `epoch_s`, `epoch_ms`, `epoch_us`, `epoch_ns`, or the name of a time zone. */
    public TimeText(String column, LogicalType type, String reading) {
        this.column = column;
        root = type.getTypeRoot();
        this.type = type;
        int precision = 0;
        if (type instanceof TimestampType) {
            precision = ((TimestampType) type).getPrecision();
        } else if (type instanceof LocalZonedTimestampType) {
            precision = ((LocalZonedTimestampType) type).getPrecision();
        }
        step = TENS[9 - precision];
        epochDigits = EPOCHS.indexOf(reading);
        zone = epochDigits >= 0 || reading.equals("iso") ? null : ZoneId.of(reading);
    }

    /** Returns Flink's internal value of the text. */
    public Object read(String given) throws Undecodable {
        text = given;
        at = 0;
        end = given.length();
        while (at < end && given.charAt(at) == ' ') {
            at++;
        }
        while (end > at && given.charAt(end - 1) == ' ') {
            end--;
        }
        switch (root) {
            case DATE:
                int days = date();
                finish();
                return days;
            case TIME_WITHOUT_TIME_ZONE:
                int seconds = clock();
                finish();
                return seconds * 1000;
            case TIMESTAMP_WITHOUT_TIME_ZONE:
                return timestamp();
            default:
                return epochDigits >= 0 ? number() : timestamp();
        }
    }

    private TimestampData timestamp() throws Undecodable {
        long seconds = date() * 86400L;
        if (at >= end || (text.charAt(at) != 'T' && text.charAt(at) != 't' && text.charAt(at) != ' ')) {
            throw bad(at, "T or a space, then the time of day");
        }
        at++;
        seconds += clock();
        if (root == LogicalTypeRoot.TIMESTAMP_WITH_LOCAL_TIME_ZONE) {
            seconds -= offset(seconds);
        }
        finish();
        return of(seconds, nanos);
    }

    private TimestampData of(long seconds, int nanos) throws Undecodable {
        if (seconds < FIRST_SECOND || seconds > LAST_SECOND) {
            throw bad(0, "the years 0001 to 9999 in UTC");
        }
        int kept = nanos - nanos % step;
        return TimestampData.fromEpochMillis(seconds * 1000 + kept / 1_000_000, kept % 1_000_000);
    }

    /** Days since 1970. */
    private int date() throws Undecodable {
        int start = at;
        int year = pair("four digits of the year") * 100 + pair("four digits of the year");
        if (year == 0) {
            throw bad(start, "a year from 0001 to 9999");
        }
        sign('-', "-, as in 2026-01-31");
        int month = within(1, 12, "month");
        sign('-', "-, as in 2026-01-31");
        start = at;
        int day = within(1, 31, "day");
        if (day > daysOf(year, month)) {
            throw bad(start, "a day that this month has");
        }
        return epochDay(year, month, day);
    }

    /** The number of days of a month. */
    static int daysOf(int year, int month) {
        boolean leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        return month == 2 ? (leap ? 29 : 28) : month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
    }

    /** Days since 1970. They are counted in years that begin in March, so that a leap day is the last day of its year. */
    static int epochDay(int year, int month, int day) {
        int from = month <= 2 ? year - 1 : year;
        int inYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
        return from * 365 + from / 4 - from / 100 + from / 400 + inYear - 719468;
    }

    /** Seconds of the day; sets `nanos`. The second is optional, and so is its fraction of up to nine digits. */
    private int clock() throws Undecodable {
        int minutes = within(0, 23, "hour") * 60;
        sign(':', ":, as in 12:00:00");
        minutes += within(0, 59, "minute");
        nanos = 0;
        if (at >= end || text.charAt(at) != ':') {
            return minutes * 60;
        }
        at++;
        int second = within(0, 59, "second");
        if (at < end && (text.charAt(at) == '.' || text.charAt(at) == ',')) {
            fraction();
        }
        return minutes * 60 + second;
    }

    private void fraction() throws Undecodable {
        int start = ++at;
        for (int digit = digit(at); digit >= 0; digit = digit(++at)) {
            if (at - start == 9) {
                throw bad(at, "at most nine digits of the second's fraction");
            }
            nanos = nanos * 10 + digit;
        }
        if (at == start) {
            throw bad(at, "a digit of the second's fraction");
        }
        nanos *= TENS[9 - (at - start)];
    }

    /** Offset from UTC in seconds. */
    private int offset(long local) throws Undecodable {
        char first = at < end ? text.charAt(at) : ' ';
        if (first == 'Z' || first == 'z') {
            at++;
            return 0;
        }
        if (first != '+' && first != '-') {
            if (at < end) {
                throw bad(at, ZONE);
            }
            if (zone == null) {
                String times = "times: {" + column + ": UTC}";
                throw bad(at, ZONE, "add a zone to the text, or state the zone of texts without one in the source: " + times);
            }
            if (rules == null) {
                rules = zone.getRules();
            }
            // When clocks are set back, an ambiguous time is the earlier one. A time that they skip has the offset from before the change.
            return rules.isFixedOffset()
                    ? rules.getOffset(Instant.EPOCH).getTotalSeconds()
                    : rules.getOffset(LocalDateTime.ofEpochSecond(local, 0, ZoneOffset.UTC)).getTotalSeconds();
        }
        int start = at++;
        int hours = within(0, 18, "offset's hour");
        int minutes = 0;
        if (at < end) {
            at += text.charAt(at) == ':' ? 1 : 0;
            minutes = within(0, 59, "offset's minute");
        }
        if (hours == 18 && minutes > 0) {
            throw bad(start, "an offset of at most 18:00");
        }
        int seconds = hours * 3600 + minutes * 60;
        return first == '-' ? -seconds : seconds;
    }

    /** A number since 1970, with an optional fraction and exponent: Flink's JSON decoder writes large numbers with an exponent. */
    private TimestampData number() throws Undecodable {
        long value = 0;
        boolean minus = at < end && text.charAt(at) == '-';
        int first = minus ? at + 1 : at;
        int here = first;
        for (; here < end && here - first < 18 && digit(here) >= 0; here++) {
            value = value * 10 + digit(here);
        }
        if (here == first) {
            throw bad(here, NUMBER, "if the column holds texts, remove it from times in the source");
        }
        if (here < end && here - first == 18 && digit(here) >= 0 && value < Long.MAX_VALUE / 10) { // current times in ns have 19 digits
            value = value * 10 + digit(here++);
        }
        if (here == end) {
            long whole = minus ? -value : value;
            long unit = TENS[epochDigits];
            long seconds = Math.floorDiv(whole, unit);
            return of(seconds, (int) Math.floorMod(whole, unit) * TENS[9 - epochDigits]);
        }
        return fractional();
    }

    private TimestampData fractional() throws Undecodable {
        int start = at;
        if (end - start > LONGEST_NUMBER) {
            throw bad(start, "a number of at most " + LONGEST_NUMBER + " characters");
        }
        BigDecimal number = null;
        try {
            number = new BigDecimal(text.substring(start, end));
        } catch (NumberFormatException e) {
            throw bad(start, NUMBER);
        }
        // Checked before the number is expanded: 1e999999999 would have a billion digits.
        if (Math.abs((long) number.scale()) > LONGEST_NUMBER) {
            throw bad(start, "a number of at most " + LONGEST_NUMBER + " digits");
        }
        BigInteger nanos = number.scaleByPowerOfTen(9 - epochDigits).setScale(0, RoundingMode.FLOOR).toBigInteger();
        BigInteger[] parts = nanos.divideAndRemainder(BILLION);
        if (parts[1].signum() < 0) {
            parts[0] = parts[0].subtract(BigInteger.ONE);
            parts[1] = parts[1].add(BILLION);
        }
        return of(parts[0].bitLength() < 63 ? parts[0].longValue() : Long.MAX_VALUE, parts[1].intValue());
    }

    private int digit(int place) {
        int value = place < end ? text.charAt(place) - '0' : -1;
        return value <= 9 ? value : -1;
    }

    private int pair(String what) throws Undecodable {
        int tens = digit(at);
        int ones = tens < 0 ? -1 : digit(at + 1);
        if (ones < 0) {
            throw bad(tens < 0 ? at : at + 1, what);
        }
        at += 2;
        return tens * 10 + ones;
    }

    private int within(int least, int most, String what) throws Undecodable {
        int tens = digit(at);
        int ones = tens < 0 ? -1 : digit(at + 1);
        int value = tens * 10 + ones;
        if (ones < 0 || value < least || value > most) {
            throw bad(ones < 0 && tens >= 0 ? at + 1 : at, "the " + what + ", " + two(least) + " to " + two(most));
        }
        at += 2;
        return value;
    }

    private static String two(int number) {
        return number < 10 ? "0" + number : "" + number;
    }

    private void sign(char wanted, String what) throws Undecodable {
        if (at >= end || text.charAt(at) != wanted) {
            throw bad(at, what);
        }
        at++;
    }

    private void finish() throws Undecodable {
        if (at == end) {
            return;
        }
        char next = text.charAt(at);
        boolean zoned = next == 'Z' || next == 'z' || next == '+' || next == '-';
        if (zoned && root == LogicalTypeRoot.TIMESTAMP_WITHOUT_TIME_ZONE) {
            throw bad(at, "no zone", "declare the column timestamp_ltz, or drop the zone from the text");
        }
        throw bad(at, "the end of the text");
    }

    private Undecodable bad(int place, String expected) {
        boolean number = epochDigits < 0 && root == LogicalTypeRoot.TIMESTAMP_WITH_LOCAL_TIME_ZONE && isNumber();
        String times = "times: {" + column + ": epoch_ms}";
        return bad(place, expected, number ? "state the unit of numbers since 1970 in the source: " + times : null);
    }

    private Undecodable bad(int place, String expected, String fix) {
        String why = "at position " + (place + 1) + " expected " + expected + " (write it like " + example() + ")";
        return Undecodable.value(column, text, type, fix == null ? why : why + "; " + fix);
    }

    /** Whether the text looks like a number since 1970 rather than a date. */
    private boolean isNumber() {
        int digits = 0;
        while (digits < text.length() && text.charAt(digits) >= '0' && text.charAt(digits) <= '9') {
            digits++;
        }
        return digits > 8 || (digits > 0 && digits < text.length() && text.charAt(digits) == '.');
    }

    private String example() {
        switch (root) {
            case DATE:
                return "2026-01-31";
            case TIME_WITHOUT_TIME_ZONE:
                return "12:00:00";
            case TIMESTAMP_WITHOUT_TIME_ZONE:
                return "2026-01-31T12:00:00";
            default:
                return epochDigits >= 0 ? "1769860800" + "0".repeat(epochDigits) : "2026-01-31T12:00:00Z";
        }
    }
}
