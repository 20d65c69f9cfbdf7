using Posthorn.Standards.Sasl;

namespace Posthorn.Core.Accounts;

/// <summary>Makes what is kept of a password: an Argon2id hash, and SCRAM keys beside it.</summary>
internal sealed class Secrets(PasswordVerifier verifier)
{
    /// <param name="scram">
    /// The keys that the account had: their salt and iterations stay, because those of its app passwords have the same. Null: a new account.
    /// </param>
    /// <exception cref="ArgumentException">SASLprep refuses the password.</exception>
    public async ValueTask<(string Hash, string Scram)> MakeAsync(string password, string? scram, CancellationToken cancel)
    {
        string hash = await verifier.HashAsync(password, cancel);
        string keys = await Task.Run(
            () => (ScramKeys.TryParse(scram, out ScramKeys? old)
                ? ScramKeys.Create(password, old.Iterations, old.Salt)
                : ScramKeys.Create(password, ScramKeys.DefaultIterations)).Format(),
            cancel);
        return (hash, keys);
    }

    /// <summary>Null when it can be a password, else why not.</summary>
    public static string? Objection(string password) => password.Length switch
    {
        0 => "A password is needed.",
        > Accounts.MaxPasswordLength => $"The password is longer than {Accounts.MaxPasswordLength} characters.",
        _ => SaslPrep.TryPrepare(password, out string? prepared) && prepared.Length > 0 ? null : "The password has characters that no password may have (RFC 4013).",
    };
}
