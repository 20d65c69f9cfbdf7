using System.Text;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Posthorn.Standards.Dkim;
using Posthorn.Standards.Dns;
using Posthorn.Tests.Standards.Dns;

namespace Posthorn.Tests.Standards.Dkim;

/// <summary>Signatures that are not good, each with its result. The message is that of RFC 8463 §A.3.</summary>
public sealed class DkimVerifierTests
{
    private const string Key = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    private static readonly string Message = Encoding.Latin1.GetString(DkimVectorTests.Read("rfc8463-a.3.eml"));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("v=1;", "v=2;", DkimResult.Neutral, "tag v")]
    [InlineData("v=1;", "", DkimResult.Neutral, "tag v")]
    [InlineData("a=ed25519-sha256", "a=rsa-sha1", DkimResult.PermError, "algorithm")]
    [InlineData("a=ed25519-sha256", "a=rot13", DkimResult.Neutral, "algorithm")]
    [InlineData("a=ed25519-sha256", "a=rsa-sha256", DkimResult.PermError, "another type")]
    [InlineData("c=relaxed/relaxed", "c=relaxed/other", DkimResult.Neutral, "tag c")]
    [InlineData("c=relaxed/relaxed", "c=relaxed/simple", DkimResult.Fail, "body")]
    [InlineData("c=relaxed/relaxed", "c=simple/relaxed", DkimResult.Fail, "header")]
    [InlineData("d=football.example.com", "d=ball.example.com", DkimResult.Neutral, "tag i")]
    [InlineData("d=football.example.com", "d=example.com", DkimResult.PermError, "no key")]
    [InlineData("i=@football.example.com", "i=@example.com", DkimResult.Neutral, "tag i")]
    [InlineData("q=dns/txt", "q=other", DkimResult.Neutral, "tag q")]
    [InlineData("s=brisbane", "s=absent", DkimResult.PermError, "no key")]
    [InlineData("s=brisbane", "s=temp", DkimResult.TempError, "no answer")]
    [InlineData("s=brisbane", "s=a b", DkimResult.PermError, "no key")]
    [InlineData("s=brisbane", "s=a..b", DkimResult.Neutral, "tag s")]
    [InlineData("t=1528637909", "t=x", DkimResult.Neutral, "tag t")]
    [InlineData("t=1528637909", "t=1528637909; x=1528637000", DkimResult.Neutral, "tag x")]
    [InlineData("t=1528637909", "t=1528637909; x=1528639999", DkimResult.Fail, "expired")]
    [InlineData("t=1528637909", "t=1528637909; x=1528640001", DkimResult.Fail, "header")]
    [InlineData("t=1528637909", "t=1528637909; t=1528637909", DkimResult.Neutral, "list of tags")]
    [InlineData("t=1528637909", "l=1", DkimResult.Fail, "body")]
    [InlineData("t=1528637909", "l=99999", DkimResult.Fail, "body")]
    [InlineData("t=1528637909", "l=-1", DkimResult.Neutral, "tag l")]
    [InlineData("h=from : to :", "h=to :", DkimResult.Fail, "header")]
    [InlineData("bh=2jUSOH9", "bh=3jUSOH9", DkimResult.Fail, "body")]
    [InlineData("bh=2jUSOH9", "bh=!", DkimResult.Neutral, "tag bh")]
    [InlineData("b=/gCrinpc", "b=/hCrinpc", DkimResult.Fail, "header")]
    [InlineData("b=/gCrinpc", "b=", DkimResult.Fail, "header")]
    public async Task A_changed_signature_gives(string from, string to, DkimResult expected, string reason)
    {
        Assert.Contains(from, Message, StringComparison.Ordinal);
        int at = Message.IndexOf(from, StringComparison.Ordinal);
        string changed = Message[..at] + to + Message[(at + from.Length)..];

        DkimSignatureOutcome outcome = (await VerifyAsync(changed, Key))[0];

        Assert.Equal(expected, outcome.Result);
        Assert.Contains(reason, outcome.Reason ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("v=DKIM1; k=ed25519; p=", DkimResult.PermError, "revoked")]
    [InlineData("k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", DkimResult.Pass, "")]
    [InlineData("v=DKIM1; k=ed25519; s=email:other; h=sha1:sha256; n=note; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", DkimResult.Pass, "")]
    [InlineData("v=DKIM1; k=ed25519; t=s; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", DkimResult.Pass, "")]
    [InlineData("v=DKIM1; k=ed25519; h=sha1; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", DkimResult.PermError, "other use")]
    [InlineData("v=DKIM1; k=ed25519; s=web; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", DkimResult.PermError, "other use")]
    [InlineData("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHUQ==", DkimResult.PermError, "cannot be read")]
    [InlineData("v=DKIM1; k=rsa; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", DkimResult.PermError, "cannot be read")]
    [InlineData("v=DKIM1; k=x; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", DkimResult.PermError, "unknown type")]
    [InlineData("v=DKIM1; k=ed25519; p=*", DkimResult.PermError, "base64")]
    [InlineData("v=DKIM2; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", DkimResult.PermError, "no key")]
    [InlineData("something else", DkimResult.PermError, "no key")]
    // A key of 512 bits (RFC 8301 §3.2)
    [InlineData("v=DKIM1; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKcUaW+WMbbx5EyIoXKHyMqDZkbYODrjRs8/jYgtXvRcZuS4vG3Pe5jiY0yFzqfyyWfvBTtOu5MuXIwWJGfqZ4kCAwEAAQ==", DkimResult.PermError, "")]
    public async Task A_key_record_gives(string record, DkimResult expected, string reason)
    {
        DkimSignatureOutcome outcome = (await VerifyAsync(Message, record))[0];

        Assert.Equal(expected, outcome.Result);
        Assert.Contains(reason, outcome.Reason ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_in_testing_says_so() =>
        Assert.True((await VerifyAsync(Message, Key.Replace("p=", "t=y; p=", StringComparison.Ordinal)))[0].Testing);

    [Fact]
    public async Task No_more_than_the_limit_is_looked_at_and_the_body_is_read_once()
    {
        string signature = Message[..Message.IndexOf("DKIM-Signature", 10, StringComparison.Ordinal)];
        byte[] header = Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat(signature, 20)) + "From: x@example.com\r\n\r\n");
        int opened = 0;
        var verifier = new DkimVerifier(Resolver(Key), new FakeTimeProvider());

        IReadOnlyList<DkimSignatureOutcome> outcomes = await verifier.VerifyAsync(header, _ =>
        {
            opened++;
            return ValueTask.FromResult<Stream>(new MemoryStream());
        }, Cancel);

        Assert.Equal(DkimVerifier.MaxSignatures, outcomes.Count);
        Assert.Equal(1, opened);
    }

    [Fact]
    public async Task Without_a_usable_signature_nothing_is_read()
    {
        var resolver = new FailingResolver(Resolver(Key), _ => false);
        var verifier = new DkimVerifier(resolver, new FakeTimeProvider());

        IReadOnlyList<DkimSignatureOutcome> outcomes = await verifier.VerifyAsync(
            "From: x\r\nDKIM-Signature: v=1\r\n\r\n"u8.ToArray(), _ => throw new InvalidOperationException("The body is not needed."), Cancel);

        Assert.Equal([DkimResult.Neutral], outcomes.Select(outcome => outcome.Result));
        Assert.Equal(0, resolver.Questions);
        Assert.False(DkimVerifier.IsSigned("From: DKIM-Signature: x\r\n\r\nDKIM-Signature: y"u8.ToArray()));
    }

    [Fact]
    public void Random_signatures_give_a_result()
    {
        string[] words =
        [
            "v=1", "a=ed25519-sha256", "a=rsa-sha256", "d=football.example.com", "s=brisbane", "h=from", "h=from:to:from", "bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=",
            "b=AAAA", "c=simple", "c=/", "l=0", "x=99999999999999999999", "t=0", "i=@", "q=", ";", ";", ";", "=", "\r\n ", "\u00ff", "b", "k=rsa", "p=AAAA", "t=y:s",
        ];
        Gen<string> list = Gen.Int[0, words.Length - 1].Select(at => words[at]).Array[0, 25].Select(parts => string.Join(';', parts));
        Gen.Select(list, list).Sample((signature, key) =>
        {
            string text = $"DKIM-Signature: {signature}\r\n{Message}";
            string record = string.Concat(key.Where(c => c is >= ' ' and <= '~'));
            IReadOnlyList<DkimSignatureOutcome> outcomes = VerifyAsync(text, record.Length is > 0 and < 255 ? record : "x").GetAwaiter().GetResult();
            return outcomes.Count == 3 && outcomes[0].Result is not (DkimResult.Pass or DkimResult.None);
        }, iter: 2000);
    }

    private static FailingResolver Resolver(string key) =>
        new(ZoneTextResolver.Parse($"brisbane._domainkey.football.example.com. TXT \"{key}\""), name => name.StartsWith("temp.", StringComparison.Ordinal));

    private static async Task<IReadOnlyList<DkimSignatureOutcome>> VerifyAsync(string message, string key)
    {
        byte[] octets = Encoding.Latin1.GetBytes(message);
        int end = DkimVectorTests.EndOfHeader(octets);
        var verifier = new DkimVerifier(Resolver(key), new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1528640000)));
        return await verifier.VerifyAsync(octets.AsMemory(0, end), _ => ValueTask.FromResult<Stream>(new MemoryStream(octets, end, octets.Length - end)), Cancel);
    }
}
