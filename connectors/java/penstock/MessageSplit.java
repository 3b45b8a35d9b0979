package penstock;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.connector.source.SourceSplit;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/** What a reader of messages keeps in a checkpoint: the ids of messages that it has read and that the broker may deliver again. */
record MessageSplit(List<String> ids) implements SourceSplit {
    @Override
    public String splitId() {
        return "messages";
    }

    /** Writes the number of ids, and each as UTF-8. */
    static final class Serializer implements SimpleVersionedSerializer<MessageSplit> {
        @Override
        public int getVersion() {
            return 1;
        }

        @Override
        public byte[] serialize(MessageSplit split) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(bytes);
            out.writeInt(split.ids.size());
            for (String id : split.ids) {
                out.writeUTF(id);
            }
            return bytes.toByteArray();
        }

        @Override
        public MessageSplit deserialize(int version, byte[] serialized) throws IOException {
            if (version != getVersion()) {
                throw new IOException("the checkpoint has version " + version + " of the ids of messages, expected " + getVersion());
            }
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(serialized));
            int size = in.readInt();
            List<String> ids = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                ids.add(in.readUTF());
            }
            return new MessageSplit(ids);
        }
    }
}
