using System.Reflection;
using Microsoft.Extensions.Time.Testing;
using Posthorn.Standards.Dkim;
using Posthorn.Standards.Dns;

namespace Posthorn.Tests.Standards.Dkim;

/// <summary>The signed messages that the RFCs print.</summary>
public sealed class DkimVectorTests
{
    // RFC 8463 §A.1, §A.2
    internal const string Ed25519Secret = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";

    internal const string Rfc8463Zone = """
        brisbane._domainkey.football.example.com. IN TXT (
         "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
        test._domainkey.football.example.com. IN TXT (
         "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWR"
         "iGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutAC"
         "DfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3"
         "Ip3G+2kryOTIKT+l/K4w3QIDAQAB")
        """;

    // RFC 6376 §C
    private const string Rfc6376Zone = """
        $ORIGIN _domainkey.example.com.
        brisbane IN  TXT  ("v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQ"
                           "KBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt"
                           "IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v"
                           "/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhi"
                           "tdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB")
        """;

    [Fact]
    public async Task Both_signatures_of_rfc8463_pass()
    {
        IReadOnlyList<DkimSignatureOutcome> outcomes = await VerifyAsync(Read("rfc8463-a.3.eml"), Rfc8463Zone);

        Assert.Equal(
            [
                new DkimSignatureOutcome(DkimResult.Pass, "football.example.com", "brisbane", "ed25519-sha256", "/gCrinpc"),
                new DkimSignatureOutcome(DkimResult.Pass, "football.example.com", "test", "rsa-sha256", "F45dVWDf"),
            ],
            outcomes);
    }

    // The figure shows the message with another indentation, and with a space more in the body, than the one that was signed.
    [Fact]
    public async Task The_signature_of_rfc6376_passes()
    {
        DkimSignatureOutcome outcome = Assert.Single(await VerifyAsync(Read("rfc6376-a.2.eml"), Rfc6376Zone));

        Assert.Equal((DkimResult.Pass, null), (outcome.Result, outcome.Reason));
    }

    internal static byte[] Read(string name)
    {
        Assembly assembly = typeof(DkimVectorTests).Assembly;
        string resource = assembly.GetManifestResourceNames().Single(full => full.EndsWith(name, StringComparison.Ordinal));
        using var copy = new MemoryStream();
        using Stream stream = assembly.GetManifestResourceStream(resource)!;
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    internal static async Task<IReadOnlyList<DkimSignatureOutcome>> VerifyAsync(byte[] message, string zone, DateTimeOffset? now = null)
    {
        int end = EndOfHeader(message);
        var verifier = new DkimVerifier(ZoneTextResolver.Parse(zone), new FakeTimeProvider(now ?? DateTimeOffset.FromUnixTimeSeconds(1528640000)));
        return await verifier.VerifyAsync(message.AsMemory(0, end), _ => ValueTask.FromResult<Stream>(new MemoryStream(message, end, message.Length - end)),
            TestContext.Current.CancellationToken);
    }

    // Behind the empty line.
    internal static int EndOfHeader(ReadOnlySpan<byte> message)
    {
        int crlf = message.IndexOf("\r\n\r\n"u8);
        int lf = message.IndexOf("\n\n"u8);
        int mixed = message.IndexOf("\n\r\n"u8);
        int[] ends = [.. new[] { crlf < 0 ? -1 : crlf + 4, lf < 0 ? -1 : lf + 2, mixed < 0 ? -1 : mixed + 3 }.Where(end => end >= 0)];
        return ends.Length == 0 ? message.Length : ends.Min();
    }
}
