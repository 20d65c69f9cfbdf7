using System.Security.Cryptography;
using System.Text;
using Konscious.Security.Cryptography;

namespace Posthorn.Core.Accounts;

internal sealed class Secrets
{
    private readonly int _memoryKiB = 19 * 1024;

    public async ValueTask<(string Hash, string Scram)> MakeAsync(string password, CancellationToken cancel)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(16);
        using var argon = new Argon2id(Encoding.UTF8.GetBytes(password)) { Salt = salt, MemorySize = _memoryKiB, Iterations = 2, DegreeOfParallelism = 1 };
        byte[] hash = await argon.GetBytesAsync(32).WaitAsync(cancel);
        return ($"$argon2id$v=19$m=19456,t=2,p=1${Convert.ToBase64String(salt).TrimEnd('=')}${Convert.ToBase64String(hash).TrimEnd('=')}", "-");
    }
}
