using Posthorn.Stores;

namespace Posthorn.ProtocolTests;

/// <summary>
/// A data folder with its database, made once for this process and copied for each server: keys of two thousand bits, password hashes and the schema cost more than most
/// tests do.
/// </summary>
/// <param name="make">Fills the store in a data folder and closes it.</param>
internal sealed class PreparedStore(Func<string, Task> make)
{
    private readonly Lazy<Task<string>> _made = new(async () =>
    {
        string folder = Directory.CreateTempSubdirectory("posthorn-prepared-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        string data = Path.Combine(folder, "data");
        await make(data);
        return data;
    });

    /// <summary>Makes a data folder like it, and its database.</summary>
    public async Task CopyToAsync(string dataFolder)
    {
        string made = await _made.Value;
        Directory.CreateDirectory(dataFolder);
        foreach (string folder in Directory.EnumerateDirectories(made, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(dataFolder, Path.GetRelativePath(made, folder)));
        }

        foreach (string file in Directory.EnumerateFiles(made, "*", SearchOption.AllDirectories))
        {
            File.Copy(file, Path.Combine(dataFolder, Path.GetRelativePath(made, file)));
        }

        TestDatabase.Copy(made, dataFolder);
    }
}
