using BenchmarkDotNet.Attributes;

namespace Posthorn.Bench;

/// <summary>A flag is set by one client, and told to so many that idle. What it costs more than with none is the price of waking them.</summary>
public class IdleBenchmarks
{
    private readonly List<ImapLine> _idlers = [];
    private BenchServer _server = null!;
    private ImapLine _writer = null!;
    private bool _isSet;

    [Params(0, 1, 100)]
    public int Idlers { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _server = BenchServer.StartAsync().GetAwaiter().GetResult();
        _writer = new ImapLine(_server.Port, BenchServer.User, BenchServer.Password);
        for (int idler = 0; idler < Idlers; idler++)
        {
            var client = new ImapLine(_server.Port, BenchServer.User, BenchServer.Password);
            client.Send("a IDLE\r\n"u8);
            client.Until("\r\n+ "u8);
            _idlers.Add(client);
        }
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _idlers.ForEach(static idler => idler.Dispose());
        _idlers.Clear();
        _writer.Dispose();
        _server.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    [Benchmark]
    public void SetFlagAndBeTold()
    {
        _writer.Run(_isSet ? "a STORE 1 -FLAGS.SILENT (\\Flagged)\r\n"u8 : "a STORE 1 +FLAGS.SILENT (\\Flagged)\r\n"u8);
        _isSet = !_isSet;
        foreach (ImapLine idler in _idlers)
        {
            idler.Until("\r\n* 1 FETCH "u8);
        }
    }
}
