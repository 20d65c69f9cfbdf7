namespace Posthorn.Core.Storage;

/// <summary>The store cannot be opened; the message is one line for the administrator.</summary>
public sealed class StoreOpeningException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>One process owns an embedded store: an exclusively locked file in the data folder. The system lets go of it when the process ends, however it ends.</summary>
internal sealed class StoreLock : IDisposable
{
    private readonly FileStream _file;

    private StoreLock(FileStream file) => _file = file;

    /// <exception cref="StoreOpeningException">Another process has it.</exception>
    public static StoreLock Take(string dataFolder)
    {
        string path = Path.Combine(dataFolder, "lock");
        try
        {
            return new StoreLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException failure)
        {
            throw new StoreOpeningException($"The store in {dataFolder} is in use by another Posthorn. Stop that one, or give another data folder.", failure);
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new StoreOpeningException($"The data folder {dataFolder} may not be written. Run as the user who owns it.", failure);
        }
    }

    public void Dispose() => _file.Dispose();
}
