package penstock.kafka;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.flink.kafka.shaded.org.apache.kafka.common.header.Header;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.types.DataType;

/**
 * The metadata of a Kafka record that a table can have as columns.
 *
 * <p>Those with {@code origin.} are for dead letters, whose columns are nullable. With the same type no operator has to convert them.
 */
enum RecordMetadata {
    TOPIC("topic", DataTypes.STRING().notNull(), record -> StringData.fromString(record.topic())),
    PARTITION("partition", DataTypes.INT().notNull(), ConsumerRecord::partition),
    OFFSET("offset", DataTypes.BIGINT().notNull(), ConsumerRecord::offset),
    TIMESTAMP("timestamp", DataTypes.TIMESTAMP_LTZ(3).notNull(), RecordMetadata::timestamp),
    TIMESTAMP_TYPE(
            "timestamp-type",
            DataTypes.STRING().notNull(),
            record -> StringData.fromString(record.timestampType().toString())),
    HEADERS("headers", headersType(), RecordMetadata::headers),
    ORIGIN_TOPIC("origin.topic", DataTypes.STRING(), TOPIC.read),
    ORIGIN_PARTITION("origin.partition", DataTypes.INT(), PARTITION.read),
    ORIGIN_OFFSET("origin.offset", DataTypes.BIGINT(), OFFSET.read),
    ORIGIN_TIMESTAMP("origin.timestamp", DataTypes.TIMESTAMP_LTZ(3), TIMESTAMP.read),
    ORIGIN_HEADERS("origin.headers", headersType().nullable(), HEADERS.read),
    ORIGIN_KEY("origin.key", DataTypes.BYTES(), ConsumerRecord::key);

    private static final GenericMapData NO_HEADERS = new GenericMapData(Map.of());

    final String key;
    final DataType type;
    final Function<ConsumerRecord<byte[], byte[]>, Object> read;

    RecordMetadata(String key, DataType type, Function<ConsumerRecord<byte[], byte[]>, Object> read) {
        this.key = key;
        this.type = type;
        this.read = read;
    }

    static RecordMetadata of(String key) {
        for (RecordMetadata one : values()) {
            if (one.key.equals(key)) {
                return one;
            }
        }
        throw new IllegalArgumentException(key);
    }

    boolean isTopic() {
        return this == TOPIC || this == ORIGIN_TOPIC;
    }

    private static DataType headersType() {
        return DataTypes.MAP(DataTypes.STRING().nullable(), DataTypes.BYTES().nullable()).notNull();
    }

    private static Object timestamp(ConsumerRecord<byte[], byte[]> record) {
        return TimestampData.fromEpochMillis(record.timestamp());
    }

    private static Object headers(ConsumerRecord<byte[], byte[]> record) {
        if (!record.headers().iterator().hasNext()) {
            return NO_HEADERS;
        }
        Map<StringData, byte[]> headers = new HashMap<>();
        for (Header header : record.headers()) {
            headers.put(StringData.fromString(header.key()), header.value());
        }
        return new GenericMapData(headers);
    }
}
