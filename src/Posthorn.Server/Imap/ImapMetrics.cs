using System.Diagnostics.Metrics;

namespace Posthorn.Server.Imap;

/// <summary>Instruments of IMAP; those of connections are in <see cref="Connections.ConnectionMetrics"/>.</summary>
public sealed class ImapMetrics
{
    public const string MeterName = "Posthorn.Imap";

    private readonly Histogram<double> _commands;

    public ImapMetrics(IMeterFactory meters)
    {
        Meter meter = meters.Create(MeterName);
        _commands = meter.CreateHistogram<double>("posthorn.imap.command.duration", "s", "Commands, by name and reply.");
    }

    internal void Command(string name, ImapStatus status, TimeSpan duration)
    {
        string reply = status switch { ImapStatus.Ok or ImapStatus.Replied => "ok", ImapStatus.No => "no", _ => "bad" };
        _commands.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("command", name), new KeyValuePair<string, object?>("reply", reply));
    }
}
