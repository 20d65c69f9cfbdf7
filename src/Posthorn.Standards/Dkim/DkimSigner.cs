using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Posthorn.Standards.Dkim;

/// <summary>Signs a domain's mail, once with each key.</summary>
/// <remarks>
/// RFC 6376 §5, RFC 8463 §3: rsa-sha256 and ed25519-sha256, relaxed/relaxed. The message is not changed: the fields returned go on top
/// of it. From is signed once more than it stands, and so are other fields that may stand only once and do, so that adding a second
/// one breaks the signature (RFC 6376 §5.4, §8.15). A header whose first line is folded would continue the signature above it: sign after
/// the trace fields were put on top.
/// </remarks>
public sealed class DkimSigner
{
    private const int BodyPiece = 64 * 1024;

    // RFC 5322 §2.1.1: lines of at most 78.
    private const int LineLength = 76;

    // RFC 6376 §5.4.1. Trace fields and what relays rewrite are left out.
    private static readonly FrozenSet<string> SignedNames = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "From", "Reply-To", "Sender", "Subject", "Date", "Message-ID", "To", "Cc", "In-Reply-To", "References", "MIME-Version", "Content-Type",
        "Content-Transfer-Encoding", "Content-Disposition", "Content-ID", "Content-Description", "Resent-From", "Resent-Sender", "Resent-To",
        "Resent-Cc", "Resent-Date", "Resent-Message-ID", "List-Id", "List-Help", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Subscribe",
        "List-Post", "List-Owner", "List-Archive", "Auto-Submitted");

    private static readonly FrozenSet<string> SingleNames = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase, "From", "Reply-To", "Sender", "Subject", "Date", "Message-ID", "To", "Cc", "MIME-Version", "Content-Type");

    private readonly string _domain;
    private readonly IReadOnlyList<DkimKey> _keys;
    private readonly TimeProvider _time;

    /// <param name="domain">Normal (lower case, A-labels).</param>
    /// <param name="keys">Usually an RSA and an Ed25519 key. Owned by the caller.</param>
    /// <param name="time">For tag "t".</param>
    public DkimSigner(string domain, IReadOnlyList<DkimKey> keys, TimeProvider time)
    {
        _domain = domain;
        _keys = keys;
        _time = time;
    }

    /// <param name="header">The header's octets as they will be sent; what follows an empty line is not read.</param>
    /// <param name="body">The octets after the empty line, read once to the end.</param>
    /// <param name="cancel">Ends the work.</param>
    /// <returns>DKIM-Signature fields with their line ends, to be put on top.</returns>
    public async ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> header, Stream body, CancellationToken cancel)
    {
        string bodyHash = Convert.ToBase64String(await HashAsync(body, cancel));
        RawHeader fields = RawHeader.Read(header);
        List<string> names = NamesOf(fields);
        long now = _time.GetUtcNow().ToUnixTimeSeconds();
        var signatures = new StringBuilder();
        foreach (DkimKey key in _keys)
        {
            string unsigned = Unsigned(key, names, bodyHash, now);
            RawHeader.Field own = RawHeader.Read(Encoding.ASCII.GetBytes(unsigned)).Fields[0];
            string signature = Convert.ToBase64String(key.Sign(DkimSignedText.Digest(fields, names, DkimCanonicalization.Relaxed, own)));
            signatures.Append(unsigned.AsSpan(0, unsigned.Length - 2));
            foreach (char[] line in signature.Chunk(LineLength - 4))
            {
                signatures.Append("\r\n\t ").Append(line);
            }
            signatures.Append("\r\n");
        }
        return Encoding.ASCII.GetBytes(signatures.ToString());
    }

    private static async ValueTask<byte[]> HashAsync(Stream body, CancellationToken cancel)
    {
        using var hash = new DkimBodyHash(DkimCanonicalization.Relaxed);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BodyPiece);
        try
        {
            for (int length; (length = await body.ReadAsync(buffer, cancel)) > 0;)
            {
                hash.Append(buffer.AsSpan(0, length));
            }
            return hash.Finish();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // Each field as often as it stands, single ones once more. From is named even where the message has none: a verifier asks for it.
    private static List<string> NamesOf(RawHeader header)
    {
        List<string> names =
        [
            .. header.Fields.Where(field => field.NameLength > 0)
                .Select(field => Encoding.Latin1.GetString(field.Name).ToLowerInvariant())
                .Where(SignedNames.Contains)
                .Take(DkimSignature.MaxSignedFields - SingleNames.Count - 1),
        ];
        names.AddRange([.. names.Where(SingleNames.Contains).Append("from").Distinct()]);
        return names;
    }

    private string Unsigned(DkimKey key, List<string> names, string bodyHash, long now)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"DKIM-Signature: v=1; a={key.Algorithm}; c=relaxed/relaxed; d={_domain};\r\n");
        text.Append(CultureInfo.InvariantCulture, $"\ts={key.Selector}; t={now};\r\n\th=");
        int column = 3;
        for (int at = 0; at < names.Count; at++)
        {
            if (column + names[at].Length > LineLength)
            {
                text.Append("\r\n\t ");
                column = 2;
            }
            text.Append(names[at]).Append(at == names.Count - 1 ? ';' : ':');
            column += names[at].Length + 1;
        }
        return text.Append(CultureInfo.InvariantCulture, $"\r\n\tbh={bodyHash};\r\n\tb=\r\n").ToString();
    }
}
