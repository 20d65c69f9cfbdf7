using System.Text;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using MimeKit;
using Posthorn.Corpus;
using Posthorn.Standards.Dkim;
using Posthorn.Standards.Dns;

namespace Posthorn.Tests.Standards.Dkim;

/// <summary>What we sign verifies, whatever the message looks like, and nothing that was changed does.</summary>
public sealed class DkimSignerTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

    // Shared: making an RSA key takes a good part of a second.
    private static readonly DkimKey Rsa = DkimKey.GenerateRsa("r2026");
    private static readonly DkimKey Ed25519 = DkimKey.GenerateEd25519("e2026");

    private static string Zone => $"{Rsa.ZoneLine("example.test")}\n{Ed25519.ZoneLine("example.test")}\n";

    [Theory]
    [InlineData("From: a@example.test\r\nSubject: hello\r\n\r\nHi.\r\n")]
    [InlineData("From: a@example.test\r\n\r\n")]
    [InlineData("From: a@example.test\r\n")]
    [InlineData("From: a@example.test")]
    [InlineData("")]
    [InlineData("\r\nonly a body")]
    [InlineData("no colon here\r\nFrom: a@example.test\r\n\r\nx")]
    [InlineData("From: a@example.test\nSubject: bare\n line feeds\n\nbody\n\n\n")]
    [InlineData("From : a@example.test\r\nSUBJECT \t:  x  \r\n\ty \r\n\r\nx \r\n\t\r\n y\rz\r\n\r\n")]
    [InlineData("From: J\u00f6rg <j@example.test>\r\nX\u00e9: 8-bit\r\n\r\n\u00c3\u00a9\u00ff\0 \r\n")]
    [InlineData("From: a@example.test\r\nFrom: b@example.test\r\nTo: x\r\nTo: y\r\n\r\nx")]
    public async Task What_is_signed_verifies(string message)
    {
        byte[] signed = await SignAsync(Encoding.Latin1.GetBytes(message));

        IReadOnlyList<DkimSignatureOutcome> outcomes = await DkimVectorTests.VerifyAsync(signed, Zone, Now);

        Assert.Equal(["rsa-sha256", "ed25519-sha256"], outcomes.Select(outcome => outcome.Algorithm));
        Assert.All(outcomes, outcome => Assert.Equal((DkimResult.Pass, null), (outcome.Result, outcome.Reason)));
    }

    [Fact]
    public async Task Mail_as_people_get_it_verifies_after_signing()
    {
        foreach (SampleMail mail in SampleMail.All)
        {
            // As the server does, a trace field first: some mail begins with a folded line, which continues whatever is put above it.
            byte[] signed = await SignAsync([.. "Received: from x\r\n"u8, .. mail.ReadOctets()]);
            IReadOnlyList<DkimSignatureOutcome> outcomes = await DkimVectorTests.VerifyAsync(signed, Zone, Now);
            Assert.All(outcomes.Take(2), outcome => Assert.True(outcome.Result is DkimResult.Pass, $"{mail}: {outcome}"));
        }
    }

    [Fact]
    public void Random_octets_verify_after_signing()
    {
        Gen<byte> octet = Gen.OneOf(Gen.Const((byte)'\r'), Gen.Const((byte)'\n'), Gen.Const((byte)' '), Gen.Const((byte)':'), Gen.Const((byte)'S'), Gen.Byte);
        octet.Array[0, 200].Sample(octets =>
        {
            byte[] message = [.. "From: a@example.test\r\n"u8, .. octets];
            byte[] signed = SignAsync(message).GetAwaiter().GetResult();
            return DkimVectorTests.VerifyAsync(signed, Zone, Now).GetAwaiter().GetResult().All(outcome => outcome.Result is DkimResult.Pass);
        }, iter: 300);
    }

    [Theory]
    [InlineData("Hi", "Ho", DkimResult.Fail)]
    [InlineData("Subject: x", "Subject: y", DkimResult.Fail)]
    [InlineData("From: a@example.test", "From: b@example.test\r\nFrom: a@example.test", DkimResult.Fail)]
    [InlineData("To: t@", "Subject: second\r\nTo: t@", DkimResult.Fail)]
    [InlineData("To: t@", "to:   t@", DkimResult.Pass)]
    [InlineData("To: t@", "X-New: 1\r\nTo: t@", DkimResult.Pass)]
    [InlineData("Hi  there.\r\n", "Hi there. \r\n\r\n", DkimResult.Pass)]
    [InlineData("Hi  there.\r\n", "Hithere.\r\n", DkimResult.Fail)]
    [InlineData("d=example.test", "d=example.com", DkimResult.PermError)]
    [InlineData("s=r2026", "s=e2026", DkimResult.PermError)]
    public async Task Changes_that_matter_break_it(string from, string to, DkimResult expected)
    {
        byte[] signed = await SignAsync("From: a@example.test\r\nTo: t@example.test\r\nSubject: x\r\n\r\nHi  there.\r\n"u8.ToArray());
        string changed = Encoding.Latin1.GetString(signed).Replace(from, to, StringComparison.Ordinal);

        Assert.Equal(expected, (await DkimVectorTests.VerifyAsync(Encoding.Latin1.GetBytes(changed), Zone, Now))[0].Result);
    }

    [Fact]
    public async Task Another_implementation_accepts_both_signatures()
    {
        byte[] signed = await SignAsync(Encoding.Latin1.GetBytes(
            "Received: from x\r\nFrom: A <a@example.test>\r\nTo: b@example.test\r\nSubject: a long subject that goes\r\n over two lines\r\nDate: Fri, 11 Jul 2003 21:00:37 -0700\r\n"
            + "Message-ID: <1@example.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nHi.  \r\n\r\n there\r\n\r\n"));
        MimeMessage message = await MimeMessage.LoadAsync(new MemoryStream(signed), TestContext.Current.CancellationToken);
        var verifier = new MimeKit.Cryptography.DkimVerifier(new Locator(ZoneTextResolver.Parse(Zone)));

        Header[] signatures = [.. message.Headers.Where(header => header.Id is HeaderId.DkimSignature)];
        Assert.Equal(2, signatures.Length);
        foreach (Header signature in signatures)
        {
            Assert.True(await verifier.VerifyAsync(message, signature, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task Lines_of_the_signature_are_short_and_from_is_oversigned()
    {
        string fields = Encoding.ASCII.GetString(await SignFieldsAsync("From: a@example.test\r\nReferences: <1@x>\r\n\r\n"u8.ToArray()));

        Assert.All(fields.Split("\r\n"), line => Assert.InRange(line.Length, 0, 78));
        Assert.Contains("h=from:references:from;", fields, StringComparison.Ordinal);
        Assert.EndsWith("\r\n", fields, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_survive_their_text_form()
    {
        foreach (DkimKey key in (DkimKey[])[Rsa, Ed25519])
        {
            using DkimKey again = DkimKey.FromPem(key.Selector, key.ToPem());
            Assert.Equal((key.Algorithm, key.PublicRecord), (again.Algorithm, again.PublicRecord));
            Assert.DoesNotContain("PRIVATE", again.ToString(), StringComparison.Ordinal);
            ZoneTextResolver zone = ZoneTextResolver.Parse(again.ZoneLine("example.test"));
            DnsAnswer<string> answer = await zone.TextAsync($"{key.Selector}._domainkey.example.test", TestContext.Current.CancellationToken);
            Assert.Equal([key.PublicRecord], answer.Records);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("no pem")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----")]
    public void What_is_no_key_is_refused(string pem) => Assert.Throws<FormatException>(() => DkimKey.FromPem("s", pem));

    [Fact]
    public async Task One_key_signs_on_many_threads()
    {
        byte[] message = "From: a@example.test\r\n\r\nx"u8.ToArray();
        byte[][] signed = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => SignAsync(message))));

        Assert.All(signed, one => Assert.Equal(signed[0], one));
    }

    private static async Task<byte[]> SignAsync(byte[] message) => [.. await SignFieldsAsync(message), .. message];

    private static async Task<byte[]> SignFieldsAsync(byte[] message)
    {
        int end = DkimVectorTests.EndOfHeader(message);
        end = message.AsSpan().StartsWith("\r\n"u8) ? 2 : end;
        var signer = new DkimSigner("example.test", [Rsa, Ed25519], new FakeTimeProvider(Now));
        return await signer.SignAsync(message.AsMemory(0, end), new MemoryStream(message, end, message.Length - end), TestContext.Current.CancellationToken);
    }

    private sealed class Locator(ZoneTextResolver resolver) : MimeKit.Cryptography.DkimPublicKeyLocatorBase
    {
        public override Org.BouncyCastle.Crypto.AsymmetricKeyParameter LocatePublicKey(
            string methods, string domain, string selector, CancellationToken cancellationToken = default) =>
            LocatePublicKeyAsync(methods, domain, selector, cancellationToken).GetAwaiter().GetResult();

        public override async Task<Org.BouncyCastle.Crypto.AsymmetricKeyParameter> LocatePublicKeyAsync(
            string methods, string domain, string selector, CancellationToken cancellationToken = default) =>
            GetPublicKey((await resolver.TextAsync($"{selector}._domainkey.{domain}", cancellationToken)).Records[0]);
    }
}
