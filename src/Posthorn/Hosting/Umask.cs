using System.Runtime.InteropServices;

namespace Posthorn.Hosting;

/// <summary>What this process makes is its user's alone: the store, its bodies, backups and exports hold mail, password hashes and keys. .NET has no call for it.</summary>
internal static class Umask
{
    private const uint GroupAndOthers = 0b000_111_111;

    /// <summary>To be called first: what was made before keeps its mode.</summary>
    public static void KeepPrivate()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = Set(GroupAndOthers);
        }
    }

    [DllImport("libc", EntryPoint = "umask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint Set(uint mask);
}
