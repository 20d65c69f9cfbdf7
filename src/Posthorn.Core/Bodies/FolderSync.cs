using System.Runtime.InteropServices;
using System.Text;

namespace Posthorn.Core.Bodies;

/// <summary>Makes a folder's entries durable: a file that was synced can still be lost with the folder entry that names it. .NET has no call for it.</summary>
public static class FolderSync
{
    private const int ReadOnlyDirectory = 0x10000; // O_RDONLY | O_DIRECTORY on Linux

    /// <exception cref="IOException">The folder could not be synced.</exception>
    public static void Sync(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        int handle = Open([.. Encoding.UTF8.GetBytes(folder), 0], ReadOnlyDirectory);
        if (handle < 0)
        {
            throw new IOException($"{folder} cannot be opened to sync it (errno {Marshal.GetLastPInvokeError()}).");
        }

        int result = Fsync(handle);
        int error = Marshal.GetLastPInvokeError();
        _ = Close(handle);
        if (result != 0)
        {
            throw new IOException($"{folder} cannot be synced (errno {error}).", error);
        }
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Fsync(int handle);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int handle);
}
