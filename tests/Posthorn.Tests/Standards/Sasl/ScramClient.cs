using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Posthorn.Standards.Sasl;

namespace Posthorn.Tests.Standards.Sasl;

/// <summary>A client's side of SCRAM-SHA-256, written from RFC 5802 §3 alone.</summary>
internal sealed class ScramClient(string user, string password, string gs2, byte[] binding)
{
    private const string Nonce = "clientnonce";

    public SaslStep Run(ISaslExchange exchange, params IReadOnlyList<ScramKeys> keys) =>
        RunToVerifier(exchange, keys) is SaslStep.Failed failed ? failed : exchange.Next([]);

    public SaslStep RunToVerifier(ISaslExchange exchange, params IReadOnlyList<ScramKeys> keys)
    {
        string bare = $"n={user},r={Nonce}";
        if (exchange.Next(Encoding.UTF8.GetBytes(gs2 + bare)) is not SaslStep.NeedKeys need)
        {
            return new SaslStep.Failed(SaslFailure.Malformed, "no keys wanted");
        }
        string serverFirst = Encoding.ASCII.GetString(((SaslStep.Challenge)need.Continue(keys)).Message.Span);
        string[] parts = serverFirst.Split(',');
        byte[] salt = Convert.FromBase64String(parts[1][2..]);
        int iterations = int.Parse(parts[2][2..], CultureInfo.InvariantCulture);
        byte[] salted = Rfc2898DeriveBytes.Pbkdf2(password, salt, iterations, HashAlgorithmName.SHA256, 32);
        byte[] clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        string withoutProof = $"c={Convert.ToBase64String([.. Encoding.UTF8.GetBytes(gs2), .. binding])},{parts[0]}";
        byte[] authMessage = Encoding.UTF8.GetBytes($"{bare},{serverFirst},{withoutProof}");
        byte[] signature = HMACSHA256.HashData(SHA256.HashData(clientKey), authMessage);
        byte[] proof = [.. clientKey.Zip(signature, (left, right) => (byte)(left ^ right))];
        SaslStep step = exchange.Next(Encoding.UTF8.GetBytes($"{withoutProof},p={Convert.ToBase64String(proof)}"));
        if (step is SaslStep.Challenge verifier)
        {
            byte[] serverSignature = HMACSHA256.HashData(HMACSHA256.HashData(salted, "Server Key"u8), authMessage);
            Assert.Equal("v=" + Convert.ToBase64String(serverSignature), Encoding.ASCII.GetString(verifier.Message.Span));
        }
        return step;
    }
}
