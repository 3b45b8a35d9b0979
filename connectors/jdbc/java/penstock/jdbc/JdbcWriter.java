package penstock.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.data.RowData;
import org.apache.flink.types.RowKind;
import penstock.Batch;
import penstock.ConnectorFailure;
import penstock.RowWriter;

/** Writes each batch in one transaction. With a key, the last row of each key in a batch is written, or deletes the row in the table. */
final class JdbcWriter implements RowWriter {
    private static final long serialVersionUID = 1L;
    private static final int VALID_SECONDS = 5;

    private final Dialect dialect;
    private final String url;
    private final Map<String, String> properties;
    private final Statements statements;
    private final JdbcColumn[] columns;
    private final int[] key;
    private transient Connection connection;
    private transient PreparedStatement write;
    private transient PreparedStatement writeMany;
    private transient PreparedStatement delete;

    JdbcWriter(
            Dialect dialect, String url, Map<String, String> properties, Statements statements, JdbcColumn[] columns, int[] key) {
        this.dialect = dialect;
        this.url = url;
        this.properties = properties;
        this.statements = statements;
        this.columns = columns;
        this.key = key;
    }

    @Override
    public void write(Batch batch) throws ConnectorFailure {
        try {
            connect();
            boolean deletes = false;
            List<RowData> writes = new ArrayList<>();
            for (RowData row : key.length == 0 ? batch.rows() : last(batch.rows())) {
                if (row.getRowKind() == RowKind.DELETE) {
                    for (int i = 0; i < key.length; i++) {
                        columns[key[i]].set(delete, i + 1, row);
                    }
                    delete.addBatch();
                    deletes = true;
                } else {
                    writes.add(row);
                }
            }
            if (deletes) {
                delete.executeBatch();
            }
            insert(writes);
            connection.commit();
        } catch (SQLException e) {
            abandon();
            SqlError error = SqlError.of(e);
            throw new ConnectorFailure(dialect.kind(error), error.text(), e);
        }
    }

    /** Writes as many rows as possible with the statement for many, and the others as a batch. */
    private void insert(List<RowData> rows) throws SQLException {
        int next = 0;
        while (writeMany != null && rows.size() - next >= statements.rowsAtOnce) {
            for (int row = 0; row < statements.rowsAtOnce; row++) {
                set(writeMany, row * columns.length, rows.get(next++));
            }
            writeMany.executeUpdate();
        }
        for (int row = next; row < rows.size(); row++) {
            set(write, 0, rows.get(row));
            write.addBatch();
        }
        if (next < rows.size()) {
            write.executeBatch();
        }
    }

    private void set(PreparedStatement statement, int offset, RowData row) throws SQLException {
        for (int i = 0; i < columns.length; i++) {
            columns[i].set(statement, offset + i + 1, row);
        }
    }

    /** The last row of each key: one statement must not write a row twice. */
    private Iterable<RowData> last(List<RowData> rows) {
        Map<List<Object>, RowData> found = new LinkedHashMap<>();
        for (RowData row : rows) {
            found.put(Arrays.stream(key).mapToObj(i -> columns[i].value(row)).toList(), row);
        }
        return found.values();
    }

    private void connect() throws SQLException, ConnectorFailure {
        if (connection != null) {
            return;
        }
        Connection opened = dialect.open(url, properties);
        try {
            opened.setAutoCommit(false);
            write = opened.prepareStatement(statements.write);
            writeMany = statements.writeMany == null ? null : opened.prepareStatement(statements.writeMany);
            delete = key.length == 0 ? null : opened.prepareStatement(statements.delete);
        } catch (SQLException e) {
            opened.close();
            throw e;
        }
        connection = opened;
    }

    /** Undoes what is written of a batch. If that fails, the next batch uses a new connection. */
    private void abandon() {
        if (connection == null) {
            return;
        }
        try {
            write.clearBatch();
            if (delete != null) {
                delete.clearBatch();
            }
            connection.rollback();
            if (!connection.isValid(VALID_SECONDS)) {
                close();
            }
        } catch (SQLException e) {
            close();
        }
    }

    @Override
    public void close() {
        Connection closing = connection;
        connection = null;
        write = null;
        writeMany = null;
        delete = null;
        try {
            if (closing != null) {
                closing.close();
            }
        } catch (SQLException e) {
            // The connection is lost already.
        }
    }
}
