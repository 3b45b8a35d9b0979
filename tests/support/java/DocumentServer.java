import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.ServerVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;

/** Starts mongo-java-server at the port of its argument, or at a free one, and prints the port. */
final class DocumentServer {
    private DocumentServer() {
    }

    public static void main(String[] arguments) throws Exception {
        MongoServer server = new MongoServer(new MemoryBackend().version(ServerVersion.MONGO_5_0));
        server.bind("127.0.0.1", Integer.parseInt(arguments[0]));
        System.out.println(server.getLocalAddress().getPort());
        Thread.currentThread().join();
    }
}
