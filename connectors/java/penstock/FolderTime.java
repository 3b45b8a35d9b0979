package penstock;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.List;
import org.apache.flink.connector.file.table.PartitionTimeExtractor;

/** The time of a folder whose name has a date, and may have an hour. Folders of NULL or other values are complete only at the end. */
public final class FolderTime implements PartitionTimeExtractor {
    private static final long serialVersionUID = 1L;
    private static final LocalDateTime NEVER = LocalDateTime.of(9999, 12, 31, 23, 0);

    @Override
    public LocalDateTime extract(List<String> keys, List<String> values) {
        try {
            int hour = values.size() > 1 ? Integer.parseInt(values.get(1)) : 0;
            return LocalDate.parse(values.get(0)).atTime(hour, 0);
        } catch (DateTimeException | NumberFormatException e) {
            return NEVER;
        }
    }
}
