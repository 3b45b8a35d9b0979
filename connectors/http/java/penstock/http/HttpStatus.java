package penstock.http;

import java.net.http.HttpResponse;
import java.util.Set;
import penstock.ConnectorFailure;
import penstock.ConnectorFailure.Kind;

/** What the status of an answer says about the rows: sections 15.3 to 15.6 of RFC 9110. */
final class HttpStatus {
    private static final int OK = 200;
    private static final int REDIRECTS = 300;
    private static final int CLIENT_ERRORS = 400;
    private static final int CONFLICT = 409;
    private static final int SERVER_ERRORS = 500;
    private static final int NOT_IMPLEMENTED = 501;

    /** The server asks to try again: Request Timeout, Too Early, Too Many Requests. */
    private static final Set<Integer> AGAIN = Set.of(408, 425, 429);

    /** Errors about the login, the URL, the method or the format, which every row has in common. */
    private static final Set<Integer> SAME_FOR_EVERY_ROW = Set.of(401, 402, 403, 404, 405, 406, 407, 410, 415, 421, 426);

    private static final int MOST_CHARACTERS = 500;
    private static final long SECOND = 1000;

    private HttpStatus() {
    }

    /**
     * Throws if the server did not accept the request. {@code keyed} says that it has an Idempotency-Key: then Conflict means that the same
     * row is still being handled.
     */
    static void check(HttpResponse<String> answer, boolean keyed) throws ConnectorFailure {
        int status = answer.statusCode();
        if (!accepted(status)) {
            Kind kind = keyed && status == CONFLICT ? Kind.UNAVAILABLE : kind(status);
            throw new ConnectorFailure(
                    kind, "HTTP " + status + text(answer), null, kind == Kind.UNAVAILABLE ? pause(answer) : 0);
        }
    }

    static boolean accepted(int status) {
        return status >= OK && status < REDIRECTS;
    }

    /** What to do about a status that is not accepted. */
    static Kind kind(int status) {
        if (AGAIN.contains(status) || (status >= SERVER_ERRORS && status != NOT_IMPLEMENTED)) {
            return Kind.UNAVAILABLE;
        }
        boolean aboutTheRow = status >= CLIENT_ERRORS && status < SERVER_ERRORS && !SAME_FOR_EVERY_ROW.contains(status);
        return aboutTheRow ? Kind.REJECTED : Kind.FATAL;
    }

    private static String text(HttpResponse<String> answer) {
        String location = answer.headers().firstValue("Location").map(to -> " to " + to).orElse("");
        String shown = shortened(answer.body().replaceAll("[\\s\\p{Cntrl}]+", " ").strip());
        return location + (shown.isEmpty() ? "" : ": " + shown);
    }

    /** The beginning of a text. */
    static String shortened(String text) {
        return text.length() > MOST_CHARACTERS ? text.substring(0, MOST_CHARACTERS) + "..." : text;
    }

    /** The milliseconds in the header Retry-After, if it is a number of seconds. */
    private static long pause(HttpResponse<String> answer) {
        String value = answer.headers().firstValue("Retry-After").orElse("");
        return value.matches("\\d{1,5}") ? Long.parseLong(value) * SECOND : 0;
    }
}
