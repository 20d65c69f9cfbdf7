using BenchmarkDotNet.Attributes;

namespace Posthorn.Bench;

/// <summary>Commands that read, over TLS. NOOP is what the connection alone costs, the client's part included.</summary>
public class FetchBenchmarks
{
    private BenchServer _server = null!;
    private ImapLine _client = null!;

    [GlobalSetup]
    public void SetUp()
    {
        _server = BenchServer.StartAsync().GetAwaiter().GetResult();
        _client = new ImapLine(_server.Port, BenchServer.User, BenchServer.Password);
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _client.Dispose();
        _server.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    [Benchmark(Baseline = true)]
    public int Noop() => _client.Run("a NOOP\r\n"u8);

    [Benchmark]
    public int FlagsOfOne() => _client.Run("a FETCH 1 (FLAGS)\r\n"u8);

    [Benchmark]
    public int FlagsOf1000() => _client.Run("a FETCH 1:* (FLAGS UID)\r\n"u8);

    [Benchmark]
    public int EnvelopeOf1000() => _client.Run("a FETCH 1:* (ENVELOPE)\r\n"u8);

    [Benchmark]
    public int BodyOfOne() => _client.Run("a FETCH 500 (BODY.PEEK[])\r\n"u8);

    [Benchmark]
    public int BodiesOf100() => _client.Run("a FETCH 1:100 (BODY.PEEK[])\r\n"u8);

    [Benchmark]
    public int SearchFrom() => _client.Run("a SEARCH FROM writer7\r\n"u8);
}
