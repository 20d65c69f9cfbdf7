namespace Posthorn.Core.Storage;

/// <summary>Folders that hold mail, password hashes and keys.</summary>
public static class PrivateFolder
{
    /// <summary>Makes it, with what of its path is missing, for its owner alone; a folder that is there keeps its mode.</summary>
    public static void Make(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
