using System.Security.Cryptography;
using Posthorn.Core.Storage;

namespace Posthorn.Core;

/// <summary>
/// This process among those that serve one store. The name lies in the data folder, which one process has: a node that comes back after a crash knows the leases it held,
/// and no other node takes them for its own.
/// </summary>
public sealed class Node
{
    private const string FileName = "node";

    internal Node(string dataFolder)
    {
        string path = Path.Combine(dataFolder, FileName);
        if (!File.Exists(path))
        {
            PrivateFolder.Make(dataFolder);
            File.WriteAllText(path, $"{Environment.MachineName.ToLowerInvariant()}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}\n");
        }

        Name = File.ReadAllText(path).Trim();
    }

    public string Name { get; }

    public override string ToString() => Name;
}
