using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Posthorn.Server.Tls;

/// <summary>The certificates the server shows: chosen by the name the client asks for, replaced while it runs.</summary>
/// <remarks>
/// A reload swaps all of them at once; handshakes in flight finish with the old ones. Files that cannot be used leave the old certificates
/// in place: a renewal that went wrong must not take the mail down. The first pair is the default, shown without SNI and for unknown names.
/// </remarks>
public sealed partial class CertificateStore
{
    private readonly IReadOnlyList<CertificateFiles> _files;
    private readonly TimeProvider _time;
    private readonly ILogger<CertificateStore> _logger;
    private readonly Lock _reload = new();
    private volatile Loaded _current;
    private string _lastSeen;
    private string? _lastProblem;

    /// <exception cref="CertificateException">A pair cannot be used.</exception>
    public CertificateStore(IReadOnlyList<CertificateFiles> files, TimeProvider time, ILogger<CertificateStore> logger)
    {
        ArgumentOutOfRangeException.ThrowIfZero(files.Count);
        _files = files;
        _time = time;
        _logger = logger;
        var contents = Read();
        _lastSeen = Seen(contents);
        _current = Load(contents);
    }

    /// <summary>Whose certificates sign clients in; null: clients are not asked for any.</summary>
    public ClientAuthority? Clients { get; init; }

    /// <summary>The certificate shown to a client that names no server.</summary>
    public ServerCertificate Default => _current.Default;

    /// <summary>Reads the files again and shows what is in them from now on.</summary>
    /// <returns>True: new certificates are in place. False: nothing changed, or the log says what is wrong with the files.</returns>
    public bool Reload()
    {
        lock (_reload)
        {
            try
            {
                var contents = Read();
                var seen = Seen(contents);
                if (seen == _lastSeen)
                {
                    return false;
                }
                // Also when they turn out bad: they are told of once, not every time they are looked at.
                _lastSeen = seen;
                _current = Load(contents);
                _lastProblem = null;
            }
            catch (CertificateException fault)
            {
                if (fault.Message != _lastProblem)
                {
                    _lastProblem = fault.Message;
                    LogRefused(fault.Message);
                }
                return false;
            }
            var leaf = Default.Leaf;
            LogReloaded(leaf.Subject, leaf.NotAfter);
            return true;
        }
    }

    /// <summary>The certificate for the name in SNI; the default for none and for unknown ones.</summary>
    public ServerCertificate Select(string? serverName)
    {
        var current = _current;
        if (string.IsNullOrEmpty(serverName))
        {
            return current.Default;
        }
        var name = serverName.ToLowerInvariant();
        if (current.ByName.TryGetValue(name, out var exact))
        {
            return exact;
        }
        // RFC 9525 §6.3: a wildcard stands for exactly one label, the first.
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && current.ByName.TryGetValue($"*{name[dot..]}", out var wildcard) ? wildcard : current.Default;
    }

    private (string Chain, string Key)[] Read() => [.. _files.Select(pair => pair.Read())];

    private static string Seen((string Chain, string Key)[] contents) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(contents.Select(pair => pair.Chain + pair.Key)))));

    private Loaded Load((string Chain, string Key)[] contents)
    {
        var byName = new Dictionary<string, ServerCertificate>(StringComparer.Ordinal);
        ServerCertificate? first = null;
        foreach (var (pair, (chain, key)) in _files.Zip(contents))
        {
            var certificate = pair.Load(chain, key);
            WarnOfDates(pair, certificate);
            first ??= certificate;
            foreach (var name in certificate.DnsNames)
            {
                byName.TryAdd(name, certificate);
            }
        }
        return new Loaded(first!, byName.ToFrozenDictionary(StringComparer.Ordinal));
    }

    private void WarnOfDates(CertificateFiles pair, ServerCertificate certificate)
    {
        var now = _time.GetUtcNow().UtcDateTime;
        var (from, to) = (certificate.Leaf.NotBefore.ToUniversalTime(), certificate.Leaf.NotAfter.ToUniversalTime());
        if (to < now)
        {
            LogExpired(pair.Chain, to);
        }
        else if (from > now)
        {
            LogNotYetValid(pair.Chain, from);
        }
    }

    private sealed record Loaded(ServerCertificate Default, FrozenDictionary<string, ServerCertificate> ByName);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The certificate in {File} expired at {Expired:u}: clients will refuse it")]
    private partial void LogExpired(string file, DateTime expired);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The certificate in {File} is not valid before {From:u}: is the clock right?")]
    private partial void LogNotYetValid(string file, DateTime from);

    [LoggerMessage(Level = LogLevel.Error, Message = "The certificates stay as they were: {Problem}")]
    private partial void LogRefused(string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "New certificates in use: {Subject}, valid to {NotAfter:u}")]
    private partial void LogReloaded(string subject, DateTime notAfter);
}
