using System.Diagnostics.Metrics;

namespace Posthorn.Server.Smtp;

/// <summary>Instruments of incoming SMTP, tagged with the service.</summary>
public sealed class SmtpMetrics
{
    public const string MeterName = "Posthorn.Smtp";

    private readonly Counter<long> _messages;
    private readonly Counter<long> _octets;
    private readonly Counter<long> _refusals;

    public SmtpMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _messages = meter.CreateCounter<long>("posthorn.smtp.messages", "{message}", "Messages accepted.");
        _octets = meter.CreateCounter<long>("posthorn.smtp.octets", "By", "Octets of accepted messages.");
        _refusals = meter.CreateCounter<long>("posthorn.smtp.refusals", "{reply}", "Negative replies, by code.");
    }

    internal void Accepted(string service, long octets)
    {
        var tag = new KeyValuePair<string, object?>("service", service);
        _messages.Add(1, tag);
        _octets.Add(octets, tag);
    }

    internal void Refused(string service, int code) => _refusals.Add(1, new("service", service), new("code", code));
}
