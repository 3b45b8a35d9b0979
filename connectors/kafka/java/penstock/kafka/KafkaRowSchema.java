package penstock.kafka;

import java.io.IOException;
import java.io.Serializable;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.kafka.shaded.org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.util.Collector;

/** Decodes the value of a record into a row, and adds the columns of its key and its metadata to this row. */
final class KafkaRowSchema implements KafkaRecordDeserializationSchema<RowData> {
    private static final long serialVersionUID = 1L;

    private final DeserializationSchema<RowData> value;

    /** Null if keys are not decoded. */
    private final DeserializationSchema<RowData> key;

    /** The positions of the key's columns in a row. */
    private final int[] keyAt;

    private final RecordMetadata[] metadata;

    /** The position of the first column of metadata. */
    private final int metadataAt;

    private final TypeInformation<RowData> produced;
    private final Completed completed = new Completed();
    private final One ofKey = new One();

    KafkaRowSchema(
            DeserializationSchema<RowData> value,
            DeserializationSchema<RowData> key,
            int[] keyAt,
            RecordMetadata[] metadata,
            int metadataAt,
            TypeInformation<RowData> produced) {
        this.value = value;
        this.key = key;
        this.keyAt = keyAt;
        this.metadata = metadata;
        this.metadataAt = metadataAt;
        this.produced = produced;
    }

    @Override
    public void open(DeserializationSchema.InitializationContext context) throws Exception {
        value.open(context);
        if (key != null) {
            key.open(context);
        }
    }

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<RowData> out) throws IOException {
        if (key != null) { // before the value: the row of an undecodable key has the reason
            key.deserialize(record.key(), ofKey);
        }
        completed.record = record;
        completed.out = out;
        value.deserialize(record.value(), completed);
    }

    @Override
    public TypeInformation<RowData> getProducedType() {
        return produced;
    }

    /** Adds what does not come from the value, and passes the row on. */
    private final class Completed implements Collector<RowData>, Serializable {
        private static final long serialVersionUID = 1L;
        private transient ConsumerRecord<byte[], byte[]> record;
        private transient Collector<RowData> out;
        private transient String topicName;
        private transient StringData topic;

        @Override
        public void collect(RowData decoded) {
            GenericRowData row = (GenericRowData) decoded;
            for (int i = 0; i < keyAt.length; i++) {
                row.setField(keyAt[i], ofKey.row.getField(i));
            }
            for (int i = 0; i < metadata.length; i++) {
                row.setField(metadataAt + i, metadata[i].isTopic() ? topic() : metadata[i].read.apply(record));
            }
            out.collect(row);
        }

        /** The records of a partition share one name of the topic, which is converted once. */
        private StringData topic() {
            if (record.topic() != topicName) {
                topicName = record.topic();
                topic = StringData.fromString(topicName);
            }
            return topic;
        }

        @Override
        public void close() {
            // nothing to release
        }
    }

    /** Keeps the only row of a key. */
    private static final class One implements Collector<RowData>, Serializable {
        private static final long serialVersionUID = 1L;
        private transient GenericRowData row;

        @Override
        public void collect(RowData decoded) {
            row = (GenericRowData) decoded;
        }

        @Override
        public void close() {
            // nothing to release
        }
    }
}
