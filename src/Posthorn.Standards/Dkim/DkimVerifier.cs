using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Posthorn.Standards.Dns;

namespace Posthorn.Standards.Dkim;

/// <summary>Verifies the signatures of a message over its octets as they came.</summary>
/// <remarks>
/// RFC 6376 §6.1, RFC 8463, RFC 8301. The body is read once, whatever the number of signatures, and not at all where no signature has a
/// key that can be used. rsa-sha1 is never verified (RFC 8301 §3.1).
/// </remarks>
public sealed class DkimVerifier(IDnsResolver resolver, TimeProvider time)
{
    /// <summary>Signatures looked at, from the top; RFC 6376 §6.1 lets us limit them.</summary>
    public const int MaxSignatures = 8;

    private const int BodyPiece = 64 * 1024;

    /// <summary>One signature on its way.</summary>
    private sealed class Candidate(RawHeader.Field field, DkimSignature signature, DkimPublicKey key)
    {
        public RawHeader.Field Field { get; } = field;

        public DkimSignature Signature { get; } = signature;

        public DkimPublicKey Key { get; } = key;
    }

    /// <summary>The header holds a DKIM-Signature field: there is something to verify.</summary>
    public static bool IsSigned(ReadOnlyMemory<byte> header) => RawHeader.Read(header).Fields.Any(field => field.Is("DKIM-Signature"u8));

    /// <param name="header">The header's octets; what follows an empty line is not read.</param>
    /// <param name="openBody">Opens the octets after the empty line; called at most once, and the stream is disposed here.</param>
    /// <param name="cancel">Ends the work.</param>
    /// <returns>One outcome for each signature, in the order of the header; none for a message without.</returns>
    public async ValueTask<IReadOnlyList<DkimSignatureOutcome>> VerifyAsync(
        ReadOnlyMemory<byte> header, Func<CancellationToken, ValueTask<Stream>> openBody, CancellationToken cancel)
    {
        RawHeader fields = RawHeader.Read(header);
        RawHeader.Field[] signatures = [.. fields.Fields.Where(field => field.Is("DKIM-Signature"u8)).Take(MaxSignatures)];
        if (signatures.Length == 0)
        {
            return [];
        }
        var outcomes = new DkimSignatureOutcome?[signatures.Length];
        var candidates = new Candidate?[signatures.Length];
        try
        {
            // Side by side: name servers that never answer must not use up the time of those that do.
            await Task.WhenAll(signatures.Select(async (signature, at) => (outcomes[at], candidates[at]) = await PrepareAsync(signature, cancel)));
            Candidate[] ready = [.. candidates.OfType<Candidate>()];
            if (ready.Length > 0)
            {
                Dictionary<(DkimCanonicalization, long), (byte[] Hash, long Length)> bodies = await HashBodyAsync(ready, openBody, cancel);
                for (int at = 0; at < signatures.Length; at++)
                {
                    outcomes[at] ??= Verify(fields, candidates[at]!, bodies);
                }
            }
            return [.. outcomes.Select(outcome => outcome!)];
        }
        finally
        {
            foreach (Candidate? candidate in candidates)
            {
                candidate?.Key.Dispose();
            }
        }
    }

    private async ValueTask<(DkimSignatureOutcome?, Candidate?)> PrepareAsync(RawHeader.Field field, CancellationToken cancel)
    {
        if (!DkimTagList.TryParse(Encoding.Latin1.GetString(field.Value.Span), out DkimTagList? tags))
        {
            return (new DkimSignatureOutcome(DkimResult.Neutral, "", "", "", "", "the field is no list of tags"), null);
        }
        if (!DkimSignature.TryRead(tags, out DkimSignature? signature, out string? wrong))
        {
            return (DkimSignature.Describe(tags, DkimResult.Neutral, wrong), null);
        }
        if (signature.Algorithm is not (DkimKey.RsaSha256 or DkimKey.Ed25519Sha256))
        {
            DkimResult result = signature.Algorithm == "rsa-sha1" ? DkimResult.PermError : DkimResult.Neutral;
            return (Outcome(signature, result, "the algorithm is not accepted"), null);
        }
        if (signature.Expiration < time.GetUtcNow().ToUnixTimeSeconds())
        {
            return (Outcome(signature, DkimResult.Fail, "the signature has expired"), null);
        }
        DnsAnswer<string> answer = await resolver.TextAsync($"{signature.Selector}._domainkey.{signature.Domain}", cancel);
        if (answer.Status is DnsStatus.TemporaryFailure)
        {
            return (Outcome(signature, DkimResult.TempError, "no answer for the key"), null);
        }
        // RFC 6376 §3.6.2.2: several records are undefined; the first that is one counts.
        if (answer.Records.FirstOrDefault(DkimPublicKey.IsOne) is not { } record)
        {
            return (Outcome(signature, DkimResult.PermError, "no key"), null);
        }
        if (!DkimPublicKey.TryParse(record, out DkimPublicKey? key, out wrong))
        {
            return (Outcome(signature, DkimResult.PermError, wrong), null);
        }
        if (key.Algorithm != signature.Algorithm || (key.IsStrict && signature.IdentityDomain != signature.Domain))
        {
            bool other = key.Algorithm != signature.Algorithm;
            key.Dispose();
            return (Outcome(signature, DkimResult.PermError, other ? "the key is of another type" : "the key demands that tag i names tag d"), null);
        }
        return (null, new Candidate(field, signature, key));
    }

    private static async ValueTask<Dictionary<(DkimCanonicalization, long), (byte[] Hash, long Length)>> HashBodyAsync(
        Candidate[] candidates, Func<CancellationToken, ValueTask<Stream>> openBody, CancellationToken cancel)
    {
        var hashes = new Dictionary<(DkimCanonicalization, long), DkimBodyHash>();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BodyPiece);
        try
        {
            foreach ((DkimCanonicalization Form, long Limit) key in candidates.Select(KeyOf).Distinct())
            {
                hashes.Add(key, new DkimBodyHash(key.Form) { Limit = key.Limit });
            }
            await using Stream body = await openBody(cancel);
            for (int length; (length = await body.ReadAsync(buffer, cancel)) > 0;)
            {
                foreach (DkimBodyHash hash in hashes.Values)
                {
                    hash.Append(buffer.AsSpan(0, length));
                }
            }
            return hashes.ToDictionary(pair => pair.Key, pair => (pair.Value.Finish(), pair.Value.Length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            foreach (DkimBodyHash hash in hashes.Values)
            {
                hash.Dispose();
            }
        }
    }

    private static (DkimCanonicalization Form, long Limit) KeyOf(Candidate candidate) =>
        (candidate.Signature.BodyForm, candidate.Signature.BodyLength ?? long.MaxValue);

    private static DkimSignatureOutcome Verify(
        RawHeader header, Candidate candidate, Dictionary<(DkimCanonicalization, long), (byte[] Hash, long Length)> bodies)
    {
        DkimSignature signature = candidate.Signature;
        (byte[] hash, long length) = bodies[KeyOf(candidate)];
        (DkimResult result, string? reason) = (DkimResult.Pass, (string?)null);
        if (signature.BodyLength > length || !CryptographicOperations.FixedTimeEquals(hash, signature.BodyHash))
        {
            (result, reason) = (DkimResult.Fail, "the body was changed");
        }
        else if (!candidate.Key.Verifies(DkimSignedText.Digest(header, signature.SignedFields, signature.HeaderForm, candidate.Field), signature.Signature))
        {
            (result, reason) = (DkimResult.Fail, "the signature does not fit the header");
        }
        else if (signature.BodyLength < length)
        {
            // RFC 6376 §8.2: whatever is added below the signed part would pass as signed.
            (result, reason) = (DkimResult.Policy, $"{length - signature.BodyLength} octets of the body are not signed");
        }
        return Outcome(signature, result, reason) with { Testing = candidate.Key.IsTesting };
    }

    private static DkimSignatureOutcome Outcome(DkimSignature signature, DkimResult result, string? reason) =>
        new(result, signature.Domain, signature.Selector, signature.Algorithm, signature.Mark, reason);
}
