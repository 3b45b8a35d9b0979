package penstock;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.streaming.api.operators.AbstractUdfStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.RowData;

/**
 * Writes rows in batches with a {@link RowWriter}, counts those that are written, and emits the dead letters of those that are rejected.
 *
 * <p>A batch is written when it is full, after an interval, and before each checkpoint. So the counts and the dead letters of a checkpoint
 * agree with what was written, and no rows are part of the state. If the other system does not answer, the thread of the task tries again:
 * the steps before it wait.
 */
final class BatchOperator extends AbstractUdfStreamOperator<RowData, RowCounter> implements OneInputStreamOperator<RowData, RowData> {
    private static final long serialVersionUID = 1L;
    private static final long FIRST_PAUSE = 100;
    private static final long LONGEST_PAUSE = 10_000;

    /** The most rows of a batch, how long a row waits for its batch to fill, and how long a batch is tried again, in milliseconds. */
    record Batches(int most, long interval, long retryFor) implements Serializable {
    }

    private final RowWriter writer;
    private final int[] columns;
    private final Batches batches;
    private final DeadLetters deadLetters;
    private transient List<RowData> rows;
    private transient TypeSerializer<RowData> copies;
    private transient StreamRecord<RowData> out;
    private transient boolean timerSet;
    private transient volatile long waitingSince;

    /** {@code columns} are the indexes of the columns to write. {@code deadLetters} is null if a rejected row fails the job. */
    BatchOperator(
            RowCounter counter, RowWriter writer, int[] columns, Batches batches, DeadLetters deadLetters) {
        super(counter);
        this.writer = writer;
        this.columns = columns;
        this.batches = batches;
        this.deadLetters = deadLetters;
    }

    @Override
    public void open() throws Exception {
        super.open();
        rows = new ArrayList<>();
        out = new StreamRecord<>(null);
        copies = getOperatorConfig().getTypeSerializerIn(0, getUserCodeClassloader());
        if (deadLetters != null) {
            deadLetters.open();
        }
        getMetricGroup().gauge("penstock_waiting_ms", () -> {
            long since = waitingSince == 0 ? writer.waitingSince() : waitingSince;
            return since == 0 ? 0L : System.currentTimeMillis() - since;
        });
    }

    @Override
    public void processElement(StreamRecord<RowData> element) throws Exception {
        rows.add(copies.copy(element.getValue()));
        if (rows.size() >= batches.most()) {
            flush();
        } else if (!timerSet) {
            timerSet = true;
            long due = getProcessingTimeService().getCurrentProcessingTime() + batches.interval();
            getProcessingTimeService().registerTimer(due, at -> {
                timerSet = false;
                flush();
            });
        }
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpoint) throws Exception {
        flush();
    }

    @Override
    public void finish() throws Exception {
        flush();
        super.finish();
    }

    @Override
    public void close() throws Exception {
        writer.close();
        super.close();
    }

    private void flush() throws Exception {
        if (!rows.isEmpty()) {
            write(rows);
            rows.clear();
        }
    }

    /** Writes the rows. If the system rejects a batch as a whole, ever smaller parts are written, to find the rejected rows. */
    private void write(List<RowData> part) throws Exception {
        Batch batch = new Batch(part, columns);
        try {
            writeOrWait(batch);
        } catch (ConnectorFailure failure) {
            if (failure.kind() != ConnectorFailure.Kind.REJECTED || deadLetters == null) {
                throw failure;
            }
            List<RowData> open = batch.openOrigins();
            if (open.size() > 1) {
                note(batch);
                int half = open.size() / 2;
                write(open.subList(0, half));
                write(open.subList(half, open.size()));
                return;
            }
            batch.rejectOpen(failure.getMessage());
        }
        batch.writeOpen();
        note(batch);
    }

    /** Counts the rows that are written, and outputs a dead letter for each row that is rejected. */
    private void note(Batch batch) throws Exception {
        for (int i = 0; i < batch.size(); i++) {
            if (batch.open(i)) {
                continue;
            }
            String rejection = batch.rejection(i);
            if (rejection == null) {
                userFunction.map(batch.origin(i));
            } else if (deadLetters == null) {
                throw new ConnectorFailure(ConnectorFailure.Kind.REJECTED, rejection, null);
            } else {
                output.collect(out.replace(deadLetters.of(batch.origin(i), "rejected", rejection)));
            }
        }
    }

    private void writeOrWait(Batch batch) throws Exception {
        long pause = FIRST_PAUSE;
        int left = batch.size();
        while (true) {
            try {
                writer.write(batch);
                waitingSince = 0;
                return;
            } catch (ConnectorFailure failure) {
                if (failure.kind() != ConnectorFailure.Kind.UNAVAILABLE) {
                    waitingSince = 0;
                    throw failure;
                }
                long now = System.currentTimeMillis();
                if (waitingSince == 0 || batch.left() < left) { // some rows were written: the system answers
                    waitingSince = now;
                    pause = FIRST_PAUSE;
                    left = batch.left();
                }
                long rest = batches.retryFor() - (now - waitingSince);
                if (rest < 0) {
                    throw failure;
                }
                long random = pause / 2 + ThreadLocalRandom.current().nextLong(pause);
                long wait = Math.min(Math.max(random, failure.pause()), rest + 1);
                LOG.warn("{} rows wait, and are written again in {} ms: {}", left, wait, failure.getMessage());
                Thread.sleep(wait);
                pause = Math.min(2 * pause, LONGEST_PAUSE);
            }
        }
    }
}
