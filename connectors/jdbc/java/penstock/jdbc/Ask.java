package penstock.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import penstock.Asking;

/**
 * Runs SQL statements for `connectors/jdbc/server.py`, with the driver and the options with which the job connects.
 *
 * <p>Reads a JSON object from standard input: {@code driver}, {@code url}, {@code properties}, and {@code statements}, which are objects
 * with {@code sql}, {@code parameters}, and {@code may_fail}: then the number and the message of an error are the
 * only row of the statement. Writes a JSON object: {@code rows}, the rows of each statement as texts, or {@code error} and
 * {@code state}.
 */
public final class Ask {
    private Ask() {
    }

    public static void main(String[] arguments) throws Exception {
        Asking.answer(asked -> {
            Map<String, Object> answer = new HashMap<>();
            try {
                answer.put("rows", rows(asked));
            } catch (SQLException e) {
                answer.put("error", SqlError.of(e).message());
                answer.put("state", e.getSQLState());
            }
            return answer;
        });
    }

    private static List<List<List<String>>> rows(JsonNode asked) throws Exception {
        Map<String, String> properties = Asking.texts(asked.get("properties"));
        String driver = asked.get("driver").asText();
        List<List<List<String>>> all = new ArrayList<>();
        try (Connection connection = Connections.open(driver, asked.get("url").asText(), properties)) {
            for (JsonNode one : asked.get("statements")) {
                try (PreparedStatement statement = connection.prepareStatement(one.get("sql").asText())) {
                    int index = 0;
                    for (JsonNode parameter : one.get("parameters")) {
                        statement.setString(++index, parameter.asText());
                    }
                    all.add(statement.execute() ? texts(statement.getResultSet()) : List.of());
                } catch (SQLException e) {
                    if (!one.get("may_fail").asBoolean()) {
                        throw e;
                    }
                    SqlError error = SqlError.of(e);
                    all.add(List.of(List.of(String.valueOf(error.code()), error.message())));
                }
            }
        }
        return all;
    }

    private static List<List<String>> texts(ResultSet found) throws SQLException {
        List<List<String>> rows = new ArrayList<>();
        int columns = found.getMetaData().getColumnCount();
        while (found.next()) {
            List<String> row = new ArrayList<>();
            for (int i = 1; i <= columns; i++) {
                row.add(found.getString(i));
            }
            rows.add(row);
        }
        return rows;
    }
}
