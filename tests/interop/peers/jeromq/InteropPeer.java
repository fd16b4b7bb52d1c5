import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

import org.zeromq.SocketType;
import org.zeromq.ZMQ;

/** What interop_peer.cpp does, with JeroMQ; content.hpp says what the messages are. */
public final class InteropPeer
{
    private static final int LIMIT = 30_000;
    private static final byte[] TOPIC = ascii("news/");
    private static final byte[] OTHER_TOPIC = ascii("new");
    private static final byte[] PROBE = ascii("news/probe");

    private final SocketType type;
    private final String[] tasks;
    private String bind = "";
    private String connect = "";
    private String identity = "";
    private String peer = "";
    private boolean delimiter;
    private long count = 1000;
    private long window = 8;
    private long seed = 1;
    private boolean one;
    private boolean withoutEmpty;
    private byte[] prefix = {};
    private ZMQ.Socket socket;
    private volatile boolean go;

    private InteropPeer(String[] arguments)
    {
        type = SocketType.valueOf(arguments[0].toUpperCase(Locale.ROOT));
        tasks = arguments[1].split(",");
        for (int index = 2; index < arguments.length; ++index)
        {
            switch (arguments[index])
            {
            case "--bind": bind = arguments[++index]; break;
            case "--connect": connect = arguments[++index]; break;
            case "--identity": identity = arguments[++index]; break;
            case "--peer": peer = arguments[++index]; break;
            case "--delimiter": delimiter = true; break;
            case "--without-empty": withoutEmpty = true; break;
            case "--count": count = Long.parseLong(arguments[++index]); break;
            case "--window": window = Long.parseLong(arguments[++index]); break;
            case "--seed": seed = Long.parseUnsignedLong(arguments[++index]); break;
            case "--parts": one = arguments[++index].equals("one"); break;
            default: throw new IllegalArgumentException("unknown argument " + arguments[index]);
            }
        }
    }

    public static void main(String[] arguments)
    {
        if (arguments.length == 1 && arguments[0].equals("--version"))
        {
            final String jar = ZMQ.class.getProtectionDomain().getCodeSource().getLocation().getPath();
            say(new File(jar).getName().replace("jeromq-", "JeroMQ ").replace(".jar", ""));
            return;
        }
        try
        {
            new InteropPeer(arguments).run();
        }
        catch (Exception error)
        {
            say("problem " + error);
            System.exit(1);
        }
        System.exit(0);
    }

    private void run() throws IOException
    {
        final ZMQ.Context context = ZMQ.context(1);
        socket = context.socket(type);
        final boolean subscribes = type == SocketType.SUB || type == SocketType.XSUB;
        // Of the connections that JeroMQ 0.6.0 begins, it sometimes forgets to serve one; after this time it begins
        // another one.
        socket.setHandshakeIvl(1000);
        socket.setLinger(subscribes ? 0 : LIMIT);
        socket.setSendTimeOut(LIMIT);
        socket.setReceiveTimeOut(LIMIT);
        if (!identity.isEmpty())
        {
            socket.setIdentity(ascii(identity));
        }
        if (type == SocketType.ROUTER)
        {
            socket.setRouterMandatory(true);
        }
        if (tasks[0].equals("publish") || tasks[0].equals("subscribe"))
        {
            socket.setHWM(0);
            prefix = TOPIC;
        }
        if (tasks[0].equals("subscribe"))
        {
            change(true);
        }
        if (!bind.isEmpty())
        {
            socket.bind(bind);
            say("bound " + socket.getLastEndpoint());
        }
        else
        {
            socket.connect(connect);
        }
        for (String task : tasks)
        {
            run(task);
        }
        say("done");
        if (subscribes)
        {
            System.in.read();
        }
        socket.close();
        context.term();
    }

    private void run(String task) throws IOException
    {
        switch (task)
        {
        case "send":
            for (long index = 0; index < count; ++index)
            {
                send(message(index));
            }
            break;
        case "receive":
        case "echo":
            for (long index = 0; index < count; ++index)
            {
                final List<byte[]> frames = receiveChecked(index);
                if (task.equals("echo"))
                {
                    send(frames);
                }
            }
            break;
        case "ask": ask(); break;
        case "publish": publish(); break;
        case "subscribe": subscribe(); break;
        case "stand": System.in.read(); break;
        default: throw new IllegalArgumentException("unknown task " + task);
        }
    }

    private void ask()
    {
        long received = 0;
        for (long sent = 0; received < count;)
        {
            if (sent < count && sent - received < window)
            {
                final List<byte[]> frames = message(sent++);
                if (delimiter)
                {
                    frames.add(0, new byte[0]);
                }
                if (type == SocketType.ROUTER)
                {
                    frames.add(0, ascii(peer));
                }
                send(frames);
            }
            else
            {
                receiveChecked(received++);
            }
        }
    }

    private void publish() throws IOException
    {
        if (type == SocketType.XPUB)
        {
            expectChange(1);
        }
        else
        {
            probe();
        }
        for (long index = 0; index < count; ++index)
        {
            send(message(index));
            final List<byte[]> unwanted = new ArrayList<>();
            unwanted.add(OTHER_TOPIC);
            add(unwanted, ascii(" is not wanted"));
            send(unwanted);
        }
        if (type == SocketType.XPUB)
        {
            expectChange(0);
        }
    }

    private void probe()
    {
        final Thread order = new Thread(() ->
        {
            try
            {
                System.in.read();
            }
            catch (IOException ended)
            {
                say("standard input: " + ended);
            }
            go = true;
        });
        order.setDaemon(true);
        order.start();
        while (!go)
        {
            send(new ArrayList<>(List.of(PROBE)));
            try
            {
                order.join(1);
            }
            catch (InterruptedException interrupted)
            {
                return;
            }
        }
    }

    private void subscribe()
    {
        for (long index = 0; index < count;)
        {
            final List<byte[]> frames = receive();
            if (frames.size() == 1 && Arrays.equals(frames.get(0), PROBE))
            {
                continue;
            }
            check(frames, 0, index++);
        }
        change(false);
    }

    private void change(boolean begin)
    {
        if (type == SocketType.XSUB)
        {
            final byte[] order = Arrays.copyOf(new byte[] {(byte) (begin ? 1 : 0)}, 1 + TOPIC.length);
            System.arraycopy(TOPIC, 0, order, 1, TOPIC.length);
            send(new ArrayList<>(List.of(order)));
        }
        else if (begin)
        {
            socket.subscribe(TOPIC);
        }
        else
        {
            socket.unsubscribe(TOPIC);
        }
    }

    private void expectChange(int first)
    {
        final List<byte[]> frames = receive();
        final byte[] order = frames.get(0);
        if (frames.size() != 1 || order[0] != first ||
            !Arrays.equals(Arrays.copyOfRange(order, 1, order.length), TOPIC))
        {
            throw new IllegalStateException("the XPUB was told something else of its subscriber");
        }
    }

    private List<byte[]> receiveChecked(long index)
    {
        final boolean routes = type == SocketType.ROUTER;
        final int envelope = (routes ? 1 : 0) + (delimiter ? 1 : 0);
        final List<byte[]> frames = receive();
        check(frames, envelope, index);
        if (delimiter && frames.get(envelope - 1).length != 0)
        {
            throw new IllegalStateException("the frame before the content is not empty");
        }
        if (routes && !Arrays.equals(frames.get(0), ascii(peer)))
        {
            throw new IllegalStateException("the identity is not '" + peer + "'");
        }
        return frames;
    }

    private void check(List<byte[]> frames, int first, long index)
    {
        final List<byte[]> expected = message(index);
        if (frames.size() != expected.size() + first)
        {
            throw new IllegalStateException("message " + index + ": " + frames.size() + " frames instead of " +
                                            (expected.size() + first));
        }
        for (int frame = 0; frame < expected.size(); ++frame)
        {
            if (!Arrays.equals(frames.get(first + frame), expected.get(frame)))
            {
                throw new IllegalStateException("message " + index + ": frame " + frame + " has wrong bytes");
            }
        }
    }

    private void send(List<byte[]> frames)
    {
        for (int index = 0; index < frames.size(); ++index)
        {
            if (!socket.send(frames.get(index), index + 1 < frames.size() ? ZMQ.SNDMORE : 0))
            {
                throw new IllegalStateException("JeroMQ could not send in time, errno " + socket.errno());
            }
        }
    }

    private List<byte[]> receive()
    {
        final List<byte[]> frames = new ArrayList<>();
        do
        {
            final byte[] frame = socket.recv(0);
            if (frame == null)
            {
                throw new IllegalStateException("JeroMQ received nothing in time, errno " + socket.errno());
            }
            frames.add(frame);
        }
        while (socket.hasReceiveMore());
        return frames;
    }

    private List<byte[]> message(long index)
    {
        final List<byte[]> frames = new ArrayList<>();
        if (prefix.length > 0)
        {
            frames.add(prefix);
        }
        final long number = frameCount(index);
        for (int frame = 0; frame < number; ++frame)
        {
            add(frames, body(index, frame));
        }
        return frames;
    }

    private void add(List<byte[]> frames, byte[] frame)
    {
        if (!one || frames.isEmpty())
        {
            frames.add(frame);
            return;
        }
        final byte[] begun = frames.remove(frames.size() - 1);
        final byte[] whole = Arrays.copyOf(begun, begun.length + frame.length);
        System.arraycopy(frame, 0, whole, begun.length, frame.length);
        frames.add(whole);
    }

    private long frameCount(long index)
    {
        if (one)
        {
            return 1;
        }
        return 2 + (index % 15 == 5 ? index / 15 % 63 : Long.remainderUnsigned(mix(seed + index), 3));
    }

    private byte[] body(long index, int frame)
    {
        final int size = bodySize(index, frame);
        final ByteBuffer bytes = ByteBuffer.allocate((size + 7) / 8 * 8).order(ByteOrder.LITTLE_ENDIAN);
        long state = mix(mix(seed) + index * 64 + frame);
        while (bytes.hasRemaining())
        {
            state = state * 6364136223846793005L + 1442695040888963407L;
            bytes.putLong(state);
        }
        return Arrays.copyOf(bytes.array(), size);
    }

    private int bodySize(long index, int frame)
    {
        final long choice = mix(seed ^ mix(index * 64 + frame));
        if (index % 250 == 249 && frame == 0)
        {
            return 5_000_000;
        }
        final int place = (int) (choice >>> 8);
        return (choice & 15) == 0 ? new int[] {65535, 65536}[place & 1] : new int[] {withoutEmpty ? 1 : 0, 1, 255, 256}[place & 3];
    }

    private static long mix(long given)
    {
        long value = given + 0x9E3779B97F4A7C15L;
        value = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        value = (value ^ (value >>> 27)) * 0x94D049BB133111EBL;
        return value ^ (value >>> 31);
    }

    private static byte[] ascii(String text)
    {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static void say(String line)
    {
        System.out.println(line);
        System.out.flush();
    }
}
