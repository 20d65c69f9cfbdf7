using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Posthorn.Standards.Dns;

namespace Posthorn.Tests.Server.Dns;

/// <summary>A name server on loopback that answers from zone text, over UDP and TCP on one port.</summary>
/// <remarks>
/// RFC 1035 §4. An answer over <see cref="UdpLimit"/> octets is truncated on UDP, so the client has to come by TCP. A question whose
/// name starts with the label "servfail", "silent", "garbage" or "wrongid" is answered so. Aliases are answered as an authoritative server would
/// that knows only the alias: the client follows. AD is set where <see cref="Authentic"/> says so.
/// </remarks>
internal sealed class TestDnsServer : IAsyncDisposable
{
    private readonly Zone _zone;
    private readonly Socket _udp;
    private readonly Socket _tcp;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];
    private int _udpQuestions;
    private int _tcpQuestions;

    private TestDnsServer(Zone zone, Socket udp, Socket tcp)
    {
        _zone = zone;
        _udp = udp;
        _tcp = tcp;
    }

    public IPEndPoint Address => (IPEndPoint)_udp.LocalEndPoint!;

    public int UdpLimit { get; set; } = 512;

    public bool Authentic { get; set; }

    public int UdpQuestions => Volatile.Read(ref _udpQuestions);

    public int TcpQuestions => Volatile.Read(ref _tcpQuestions);

    public static TestDnsServer Start(string zoneText)
    {
        Zone zone = Zone.Parse(zoneText);
        for (int attempt = 0; ; attempt++)
        {
            var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                tcp.Bind(udp.LocalEndPoint!);
                tcp.Listen();
                var server = new TestDnsServer(zone, udp, tcp);
                server._loops.AddRange([server.AnswerDatagramsAsync(), server.AcceptAsync()]);
                return server;
            }
            catch (SocketException) when (attempt < 20)
            {
                // The port that UDP was given is taken on TCP: try another.
                udp.Dispose();
                tcp.Dispose();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _udp.Dispose();
        _tcp.Dispose();
        await Task.WhenAll(_loops);
        _stop.Dispose();
    }

    private async Task AnswerDatagramsAsync()
    {
        byte[] buffer = new byte[4096];
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                SocketReceiveFromResult got = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                Interlocked.Increment(ref _udpQuestions);
                if (Answer(buffer.AsSpan(0, got.ReceivedBytes), UdpLimit) is { } answer)
                {
                    await _udp.SendToAsync(answer, SocketFlags.None, got.RemoteEndPoint, _stop.Token);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Stopping, or the client went away.
            }
        }
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using Socket client = await _tcp.AcceptAsync(_stop.Token);
                await using var stream = new NetworkStream(client);
                byte[] length = new byte[2];
                await stream.ReadExactlyAsync(length, _stop.Token);
                byte[] question = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
                await stream.ReadExactlyAsync(question, _stop.Token);
                Interlocked.Increment(ref _tcpQuestions);
                if (Answer(question, ushort.MaxValue) is { } answer)
                {
                    BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)answer.Length);
                    await stream.WriteAsync((byte[])[.. length, .. answer], _stop.Token);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
            {
                // Stopping, or the client went away.
            }
        }
    }

    private byte[]? Answer(ReadOnlySpan<byte> question, int limit)
    {
        const int Header = 12;
        int at = Header;
        var labels = new List<string>();
        while (question[at] != 0)
        {
            labels.Add(Encoding.Latin1.GetString(question.Slice(at + 1, question[at])));
            at += question[at] + 1;
        }
        string name = string.Join('.', labels).ToLowerInvariant();
        var type = (DnsType)BinaryPrimitives.ReadUInt16BigEndian(question[(at + 1)..]);
        ReadOnlySpan<byte> asked = question[Header..(at + 5)];
        switch (labels.FirstOrDefault())
        {
            case "silent":
                return null;
            case "garbage":
                return [question[0], question[1], 0x81, 0x80, 0, 1, 0, 9, 0, 0, 0, 0, 0xC0];
            case "wrongid":
                return [(byte)~question[0], question[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, .. asked];
            case "servfail":
                return [.. Head(question, 2, 0, truncated: false), .. asked];
        }
        (bool exists, IReadOnlyList<ZoneRecord> records) = _zone.Find(name, type);
        byte[] answer = [.. Head(question, exists ? 0 : 3, records.Count, truncated: false), .. asked, .. records.SelectMany(Encode)];
        return answer.Length <= limit ? answer : [.. Head(question, 0, 0, truncated: true), .. asked];
    }

    private byte[] Head(ReadOnlySpan<byte> question, int code, int answers, bool truncated) =>
    [
        question[0], question[1], (byte)(0x81 | (truncated ? 2 : 0)), (byte)(0x80 | (Authentic ? 0x20 : 0) | code),
        0, 1, (byte)(answers >> 8), (byte)answers, 0, 0, 0, 0,
    ];

    private static byte[] Encode(ZoneRecord record)
    {
        byte[] data = record.Type switch
        {
            DnsType.A or DnsType.Aaaa => record.Address!.GetAddressBytes(),
            DnsType.Mx => [(byte)(record.Preference >> 8), (byte)record.Preference, .. Name(record.Target)],
            DnsType.Txt => [.. record.Strings!.SelectMany(part => (byte[])[(byte)part.Length, .. Encoding.Latin1.GetBytes(part)])],
            _ => Name(record.Target),
        };
        return
        [
            .. Name(record.Name), 0, (byte)record.Type, 0, 1,
            (byte)(record.Ttl >> 24), (byte)(record.Ttl >> 16), (byte)(record.Ttl >> 8), (byte)record.Ttl,
            (byte)(data.Length >> 8), (byte)data.Length, .. data,
        ];
    }

    private static byte[] Name(string name) =>
    [
        .. name.Split('.', StringSplitOptions.RemoveEmptyEntries).SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.Latin1.GetBytes(label)]),
        0,
    ];
}
