package penstock.jdbc;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/** The SQL statements for one table. Only names of tables and columns, as quoted identifiers, are part of them; values are parameters. */
final class Statements implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Has a parameter for each column. */
    final String write;

    /** Has a parameter for each column of the key. */
    final String delete;

    Statements(List<String> table, List<String> columns, int[] key) {
        String into = table.stream().map(Statements::quoted).collect(Collectors.joining("."));
        List<String> keys = Arrays.stream(key).mapToObj(i -> quoted(columns.get(i))).toList();
        String names = columns.stream().map(Statements::quoted).collect(Collectors.joining(", "));
        String values = String.join(", ", Collections.nCopies(columns.size(), "?"));
        String insert = "INSERT INTO " + into + " (" + names + ") VALUES (" + values + ")";
        String set =
                columns.stream()
                        .map(Statements::quoted)
                        .filter(one -> !keys.contains(one))
                        .map(one -> one + " = EXCLUDED." + one)
                        .collect(Collectors.joining(", "));
        String replace = set.isEmpty() ? "DO NOTHING" : "DO UPDATE SET " + set;
        write = keys.isEmpty() ? insert : insert + " ON CONFLICT (" + String.join(", ", keys) + ") " + replace;
        String equal = keys.stream().map(one -> one + " = ?").collect(Collectors.joining(" AND "));
        delete = "DELETE FROM " + into + " WHERE " + equal;
    }

    static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }
}
