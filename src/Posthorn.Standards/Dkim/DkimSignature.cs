using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Posthorn.Standards.Dns;

namespace Posthorn.Standards.Dkim;

/// <summary>A DKIM-Signature field, read and found to be complete.</summary>
/// <remarks>RFC 6376 §3.5.</remarks>
internal sealed record DkimSignature(
    string Algorithm,
    string Domain,
    string Selector,
    IReadOnlyList<string> SignedFields,
    DkimCanonicalization HeaderForm,
    DkimCanonicalization BodyForm,
    byte[] BodyHash,
    byte[] Signature,
    string Mark,
    string IdentityDomain,
    long? BodyLength,
    long? Expiration)
{
    /// <summary>Names in tag "h"; each costs a search.</summary>
    public const int MaxSignedFields = 500;

    private const int MarkLength = 8;

    /// <summary>What could be read of the field, good or not, for the report.</summary>
    public static DkimSignatureOutcome Describe(DkimTagList tags, DkimResult result, string reason) =>
        new(result, tags.Compact("d")?.ToLowerInvariant() ?? "", tags.Compact("s") ?? "", tags.Compact("a") ?? "", MarkOf(tags), reason);

    /// <returns>False with what is wrong.</returns>
    public static bool TryRead(DkimTagList tags, [NotNullWhen(true)] out DkimSignature? signature, [NotNullWhen(false)] out string? wrong)
    {
        signature = null;
        string[] fields = tags.Compact("h")?.ToLowerInvariant().Split(':') ?? [];
        string identity = IdentityOf(tags);
        wrong = Wrong();
        if (wrong is not null)
        {
            return false;
        }
        DnsName.TryNormalize(tags.Compact("d"), out string? domain);
        (DkimCanonicalization header, DkimCanonicalization body) = FormsOf(tags["c"])!.Value;
        signature = new DkimSignature(
            tags.Compact("a")!.ToLowerInvariant(), domain!, tags.Compact("s")!.ToLowerInvariant(), fields, header, body,
            Base64(tags, "bh")!, Base64(tags, "b")!, MarkOf(tags), identity, Number(tags["l"]), Number(tags["x"]));
        return true;

        string? Wrong() => true switch
        {
            _ when tags["v"] != "1" => "tag v is not 1",
            _ when tags.Compact("a") is not { Length: > 0 } => "tag a is missing",
            _ when !DnsName.TryNormalize(tags.Compact("d"), out string? d) || d.Length == 0 => "tag d is no domain",
            _ when !DnsName.TryNormalize(tags.Compact("s"), out string? s) || s.Length == 0 => "tag s is no selector",
            _ when Base64(tags, "b") is not { Length: > 0 } => "tag b is no base64",
            _ when Base64(tags, "bh") is not { Length: > 0 } => "tag bh is no base64",
            _ when fields.Length > MaxSignedFields => "tag h names too many fields",
            _ when !fields.Contains("from") => "tag h does not name From",
            _ when FormsOf(tags["c"]) is null => "tag c names no canonicalization",
            _ when tags["l"] is not null && Number(tags["l"]) is null => "tag l is no number",
            _ when tags["x"] is not null && Number(tags["x"]) is null => "tag x is no number",
            _ when tags["t"] is not null && Number(tags["t"]) is null => "tag t is no number",
            _ when Number(tags["x"]) <= Number(tags["t"]) => "tag x is not after tag t",
            _ when tags.Compact("q") is { } q && !q.Split(':').Contains("dns/txt", StringComparer.OrdinalIgnoreCase) => "tag q names no known query",
            _ when !DnsName.TryNormalize(identity, out string? i) || !DnsName.IsWithin(i, tags.Compact("d")!.TrimEnd('.').ToLowerInvariant())
                => "tag i is outside tag d",
            _ => null,
        };
    }

    private static string MarkOf(DkimTagList tags) => tags.Compact("b") is { } b ? b[..Math.Min(MarkLength, b.Length)] : "";

    // RFC 6376 §3.5: without tag i the identity is "@" and the domain. Only what follows the last "@" is looked at.
    private static string IdentityOf(DkimTagList tags)
    {
        string identity = tags.Compact("i") ?? $"@{tags.Compact("d")}";
        int at = identity.LastIndexOf('@');
        return at < 0 ? ".." : identity[(at + 1)..].ToLowerInvariant();
    }

    // RFC 6376 §3.5: "simple/simple" where left out; a single name is that of the header.
    private static (DkimCanonicalization Header, DkimCanonicalization Body)? FormsOf(string? text)
    {
        string[] names = (text ?? "simple").ToLowerInvariant().Split('/');
        DkimCanonicalization? header = FormOf(names[0]);
        DkimCanonicalization? body = names.Length == 1 ? DkimCanonicalization.Simple : FormOf(names[1]);
        return names.Length <= 2 && header is { } h && body is { } b ? (h, b) : null;
    }

    private static DkimCanonicalization? FormOf(string name) =>
        name switch { "simple" => DkimCanonicalization.Simple, "relaxed" => DkimCanonicalization.Relaxed, _ => null };

    // At most 76 digits are allowed; what does not fit 63 bits is as good as endless.
    private static long? Number(string? text) =>
        text is not { Length: > 0 and <= 76 } || !text.All(char.IsAsciiDigit)
            ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : long.MaxValue;

    private static byte[]? Base64(DkimTagList tags, string tag)
    {
        string? text = tags.Compact(tag);
        if (text is null)
        {
            return null;
        }
        byte[] octets = new byte[text.Length];
        return Convert.TryFromBase64String(text, octets, out int length) ? octets[..length] : null;
    }
}
