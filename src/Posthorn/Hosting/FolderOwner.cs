using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Posthorn.Control;

namespace Posthorn.Hosting;

/// <summary>Root may write everywhere, and what it makes in the folder of the service's user the service cannot open afterwards.</summary>
internal static class FolderOwner
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint OwnerAlone = 0x8; // STATX_UID

    /// <exception cref="OperationRefusedException">This is root, and the folder belongs to somebody else.</exception>
    public static void Require(string folder)
    {
        if (OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess && OwnerOf(folder) is { } owner and not 0)
        {
            string number = owner.ToString(CultureInfo.InvariantCulture);
            string? name = NameOf(owner);
            throw new OperationRefusedException(
                $"{folder} belongs to the user {name ?? number}, who could not open what root makes in it. Run the command as that user: "
                + $"{(name is null ? $"setpriv --reuid={number} --clear-groups" : $"runuser -u {name}")} -- posthorn COMMAND --config FILE");
        }
    }

    /// <summary>Null: there is no such folder.</summary>
    private static uint? OwnerOf(string folder) => StatX(CurrentFolder, [.. Encoding.UTF8.GetBytes(folder), 0], 0, OwnerAlone, out Status status) == 0 ? status.Owner : null;

    /// <summary>Null: the system has no name for it.</summary>
    private static string? NameOf(uint user)
    {
        nint entry = GetUser(user);
        return entry == 0 ? null : Marshal.PtrToStringUTF8(Marshal.ReadIntPtr(entry));
    }

    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int StatX(int folder, byte[] path, int flags, uint mask, out Status status);

    /// <summary>The entry begins with the pointer to the name.</summary>
    [DllImport("libc", EntryPoint = "getpwuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint GetUser(uint user);

    /// <summary>struct statx, which is the same on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Status
    {
        [FieldOffset(20)]
        public uint Owner;
    }
}
