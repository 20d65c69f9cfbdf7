using System.Runtime.InteropServices;
using SQLitePCL;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary>
/// SQLite's own way to the disk, but for the WAL: what SQLite writes there of one commit, two pieces for each page, becomes one write (docs/adr/0010).
/// </summary>
/// <remarks>
/// A VFS as https://sqlite.org/vfs.html has it, over the default one: files other than the WAL are opened by that and belong to it alone. For the connection that
/// writes; others only read the WAL.
/// </remarks>
internal static class GatheringVfs
{
    /// <summary>For <c>sqlite3_open_v2</c>.</summary>
    public const string Name = "posthorn";

    private const int OpenWal = 0x0008_0000;

    // Ours stands before that of the default VFS in the memory that SQLite gives for an open file: the methods, and which GatheredWal it is.
    private static readonly int HandleOffset = IntPtr.Size;
    private static readonly int InnerOffset = 2 * IntPtr.Size;

    private static readonly IntPtr DefaultVfs = Find(IntPtr.Zero);
    private static readonly VfsTable Default = Marshal.PtrToStructure<VfsTable>(DefaultVfs);
    private static readonly OpenCall DefaultOpen = Marshal.GetDelegateForFunctionPointer<OpenCall>(Default.Open);

    // SQLite keeps their addresses as long as the process lives.
    private static readonly OpenCall OwnOpen = Open;
    private static readonly FileCalls Own = new()
    {
        Close = Close,
        Read = static (file, octets, count, offset) => Of(file).Read(octets, count, offset),
        Write = static (file, octets, count, offset) => Of(file).Write(octets, count, offset),
        Truncate = static (file, size) => Of(file).Truncate(size),
        Sync = static (file, flags) => Of(file).Sync(flags),
        FileSize = static (file, size) => Of(file).FileSize(size),
        Lock = static (file, level) => Of(file).Lock(level),
        Unlock = static (file, level) => Of(file).Unlock(level),
        CheckReservedLock = static (file, held) => Of(file).CheckReservedLock(held),
        FileControl = static (file, what, argument) => Of(file).FileControl(what, argument),
        SectorSize = static file => Of(file).SectorSize(),
        DeviceCharacteristics = static file => Of(file).DeviceCharacteristics(),
    };

    private static readonly IntPtr OwnMethods = Own.ToTable();

    static GatheringVfs()
    {
        VfsTable own = Default with
        {
            FileSize = Default.FileSize + InnerOffset,
            Next = IntPtr.Zero,
            Name = Marshal.StringToCoTaskMemUTF8(Name),
            Open = Marshal.GetFunctionPointerForDelegate(OwnOpen),
        };
        IntPtr table = Marshal.AllocCoTaskMem(Marshal.SizeOf<VfsTable>());
        Marshal.StructureToPtr(own, table, fDeleteOld: false);
        if (Register(table, 0) is not raw.SQLITE_OK and var code)
        {
            throw new InvalidOperationException($"SQLite took no VFS of ours: {code}.");
        }
    }

    /// <summary>SQLite knows it when this returns.</summary>
    public static string Ready() => Name;

    private static int Open(IntPtr vfs, IntPtr name, IntPtr file, int flags, IntPtr outFlags)
    {
        if ((flags & OpenWal) == 0)
        {
            return DefaultOpen(DefaultVfs, name, file, flags, outFlags);
        }

        IntPtr inner = file + InnerOffset;
        int code = DefaultOpen(DefaultVfs, name, inner, flags, outFlags);
        if (code != raw.SQLITE_OK)
        {
            // SQLite closes a file that has methods, one that could not be opened too.
            if (Marshal.ReadIntPtr(inner) != IntPtr.Zero)
            {
                FileCalls.Of(inner).Close(inner);
            }

            Marshal.WriteIntPtr(file, IntPtr.Zero);
            return code;
        }

        Marshal.WriteIntPtr(file, HandleOffset, GCHandle.ToIntPtr(GCHandle.Alloc(new GatheredWal(inner))));
        Marshal.WriteIntPtr(file, OwnMethods);
        return raw.SQLITE_OK;
    }

    private static int Close(IntPtr file)
    {
        int code = Of(file).Close();
        GCHandle.FromIntPtr(Marshal.ReadIntPtr(file, HandleOffset)).Free();
        return code;
    }

    private static GatheredWal Of(IntPtr file) => (GatheredWal)GCHandle.FromIntPtr(Marshal.ReadIntPtr(file, HandleOffset)).Target!;

#pragma warning disable CA5392 // The library is the one that SQLitePCLRaw brings, found where it finds it.
    [DllImport("e_sqlite3", EntryPoint = "sqlite3_vfs_find")]
    private static extern IntPtr Find(IntPtr name);

    [DllImport("e_sqlite3", EntryPoint = "sqlite3_vfs_register")]
    private static extern int Register(IntPtr vfs, int isDefault);
#pragma warning restore CA5392
}
