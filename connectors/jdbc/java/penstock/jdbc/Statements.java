package penstock.jdbc;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/** The SQL statements for one table. Only names of tables and columns, as quoted identifiers, are part of them; values are parameters. */
final class Statements implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final int MOST_PARAMETERS = 65_535;

    /** Has a parameter for each column. */
    final String write;

    /** Writes {@code rowsAtOnce} rows; has a parameter for each column of each row. Null if a statement writes only one row. */
    final String writeMany;

    final int rowsAtOnce;

    /** Has a parameter for each column of the key. */
    final String delete;

    Statements(Dialect dialect, List<String> table, List<String> columns, int[] key) {
        String into = table.stream().map(Statements::quoted).collect(Collectors.joining("."));
        List<String> names = columns.stream().map(Statements::quoted).toList();
        List<String> keys = Arrays.stream(key).mapToObj(names::get).toList();
        List<String> others = names.stream().filter(one -> !keys.contains(one)).toList();
        String values = String.join(", ", Collections.nCopies(columns.size(), "?"));
        String insert = "INSERT INTO " + into + " (" + String.join(", ", names) + ") VALUES (" + values + ")";
        String replace = keys.isEmpty() ? "" : dialect.replace(keys, others);
        write = insert + replace;
        rowsAtOnce = keys.isEmpty() ? 1 : Math.min(dialect.rowsAtOnce, MOST_PARAMETERS / columns.size());
        writeMany = rowsAtOnce <= 1 ? null : insert + (", (" + values + ")").repeat(rowsAtOnce - 1) + replace;
        String equal = keys.stream().map(one -> one + " = ?").collect(Collectors.joining(" AND "));
        delete = "DELETE FROM " + into + " WHERE " + equal;
    }

    private static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }
}
