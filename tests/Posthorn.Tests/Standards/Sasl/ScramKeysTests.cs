using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Posthorn.Standards.Sasl;

namespace Posthorn.Tests.Standards.Sasl;

public sealed class ScramKeysTests
{
    [Fact]
    public void Keys_survive_their_text()
    {
        ScramKeys keys = ScramKeys.Create("pencil", 4096);
        Assert.StartsWith("SCRAM-SHA-256$4096:", keys.Format(), StringComparison.Ordinal);
        Assert.True(ScramKeys.TryParse(keys.Format(), out ScramKeys? read));
        Assert.Equal(keys.Format(), read.Format());
        Assert.DoesNotContain(Convert.ToBase64String(keys.ServerKey), keys.ToString()!, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_passwords_that_saslprep_makes_one_have_the_same_keys()
    {
        byte[] salt = new byte[16];
        Assert.Equal(ScramKeys.Create("IX", 4096, salt).Format(), ScramKeys.Create("\u2168", 4096, salt).Format());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("SCRAM-SHA-256")]
    [InlineData("SCRAM-SHA-256$4096:AAAA")]
    [InlineData("SCRAM-SHA-1$4096:AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("SCRAM-SHA-256$4095:AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("SCRAM-SHA-256$99999999999:AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("SCRAM-SHA-256$4096:$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("SCRAM-SHA-256$4096:AAAA$AAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("SCRAM-SHA-256$4096:AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAA")]
    [InlineData("SCRAM-SHA-256$4096:A!AA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    public void Text_that_holds_no_keys_is_refused(string? text) => Assert.False(ScramKeys.TryParse(text, out _));

    [Fact]
    public void Text_with_good_keys_is_read() => Assert.True(ScramKeys.TryParse(
        "SCRAM-SHA-256$4096:AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", out _));

    [Theory]
    [InlineData("")]
    [InlineData("a\u0007")]
    [InlineData("\u00ad")]
    public void Password_that_saslprep_refuses_has_no_keys(string password) => Assert.Throws<ArgumentException>(() => ScramKeys.Create(password, 4096));

    [Fact]
    public void Too_few_iterations_are_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => ScramKeys.Create("pencil", 4095));

    [Theory]
    [InlineData("SHA256", false)]
    [InlineData("SHA384", false)]
    [InlineData("SHA512", false)]
    [InlineData("SHA256", true)]
    [InlineData("SHA384", true)]
    [InlineData("SHA512", true)]
    public void Server_end_point_hashes_with_the_hash_of_the_signature(string hash, bool isPss)
    {
        // RFC 5929 §4.1
        using RSA key = RSA.Create(2048);
        var name = new HashAlgorithmName(hash);
        var request = new CertificateRequest("CN=mail.example.org", key, name, isPss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        Assert.Equal(CryptographicOperations.HashData(name, certificate.RawData), ServerEndPoint.Of(certificate));
    }

    [Theory]
    [InlineData("1.2.840.113549.1.1.5", true)] // sha1WithRSAEncryption
    [InlineData("1.2.840.113549.1.1.4", true)] // md5WithRSAEncryption
    [InlineData("1.2.840.113549.1.1.10", true)] // RSASSA-PSS whose parameters name no hash: SHA-1
    [InlineData("1.3.101.112", false)] // Ed25519
    public void Server_end_point_of_an_old_signature_is_sha256_and_of_one_without_hash_undefined(string algorithm, bool isDefined)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=mail.example.org", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.Create(
            request.SubjectName, new NamedSignature(key, algorithm), DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100), [1]);
        Assert.Equal(isDefined ? SHA256.HashData(certificate.RawData) : null, ServerEndPoint.Of(certificate));
    }

    [Fact]
    public void Mechanisms_are_found_by_name_and_plus_only_with_a_binding()
    {
        byte[] endPoint = new byte[32];
        Assert.All(SaslMechanisms.Offered(endPoint), name => Assert.NotNull(SaslMechanisms.Start(System.Text.Encoding.ASCII.GetBytes(name), endPoint)));
        Assert.DoesNotContain("SCRAM-SHA-256-PLUS", SaslMechanisms.Offered(null));
        Assert.Null(SaslMechanisms.Start("SCRAM-SHA-256-PLUS"u8, null));
        Assert.IsType<PlainExchange>(SaslMechanisms.Start("plain"u8, null));
        Assert.Null(SaslMechanisms.Start("CRAM-MD5"u8, endPoint));
    }

    [Fact]
    public void External_is_there_for_who_showed_a_certificate()
    {
        Assert.DoesNotContain("EXTERNAL", SaslMechanisms.Offered(null));
        Assert.Contains("EXTERNAL", SaslMechanisms.Offered(null, ["you@example.test"]));
        Assert.Null(SaslMechanisms.Start("EXTERNAL"u8, null, []));
        ISaslExchange Exchange() => SaslMechanisms.Start("external"u8, null, ["you@example.test", "me@example.test"])!;
        Assert.Equal(new SaslStep.Succeeded("you@example.test", ""), Exchange().Next([]));
        Assert.Equal(new SaslStep.Succeeded("me@example.test", "ME@example.test"), Exchange().Next("ME@example.test"u8));
        // Who is neither: the caller refuses, because the user is not whom it acts as.
        Assert.Equal(new SaslStep.Succeeded("you@example.test", "other@example.test"), Exchange().Next("other@example.test"u8));
        Assert.Equal(SaslFailure.Malformed, Assert.IsType<SaslStep.Failed>(Exchange().Next("a\0b"u8)).Failure);
        Assert.Equal(SaslFailure.Malformed, Assert.IsType<SaslStep.Failed>(Exchange().Next([0xff])).Failure);
        ISaslExchange over = Exchange();
        over.Next([]);
        Assert.IsType<SaslStep.Failed>(over.Next([]));
    }

    /// <summary>A signature that only carries the name of its algorithm, with an empty sequence as parameters.</summary>
    private sealed class NamedSignature(ECDsa key, string algorithm) : X509SignatureGenerator
    {
        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm)
        {
            var writer = new AsnWriter(AsnEncodingRules.DER);
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(algorithm);
                using (writer.PushSequence())
                {
                }
            }
            return writer.Encode();
        }

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => [0];

        protected override PublicKey BuildPublicKey() => new(key);
    }
}
