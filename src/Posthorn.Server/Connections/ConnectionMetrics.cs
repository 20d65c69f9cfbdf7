using System.Diagnostics.Metrics;
using Posthorn.Server.Tls;

namespace Posthorn.Server.Connections;

/// <summary>Instruments of all mail connections, tagged with the protocol.</summary>
public sealed class ConnectionMetrics
{
    public const string MeterName = "Posthorn.Connections";

    private readonly UpDownCounter<long> _open;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _handshakes;

    public ConnectionMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _open = meter.CreateUpDownCounter<long>("posthorn.connections.open", "{connection}", "Connections open now.");
        _ended = meter.CreateCounter<long>("posthorn.connections.ended", "{connection}", "Connections that ended, by reason.");
        _handshakes = meter.CreateCounter<long>("posthorn.tls.handshakes", "{handshake}", "TLS handshakes, by result.");
    }

    internal void Opened(string protocol) => _open.Add(1, new KeyValuePair<string, object?>("protocol", protocol));

    internal void Ended(string protocol, EndReason reason)
    {
        _open.Add(-1, new KeyValuePair<string, object?>("protocol", protocol));
        _ended.Add(1, new("protocol", protocol), new("reason", Enum.GetName(reason)));
    }

    internal void Handshake(string protocol, TlsResult result) =>
        _handshakes.Add(1, new("protocol", protocol), new("result", Enum.GetName(result)));
}
