using System.Runtime.InteropServices;

namespace Posthorn.Core.Storage.Sqlite;

/// <summary><c>sqlite3_vfs</c>, version 3: https://sqlite.org/c3ref/vfs.html. What is not called here stands only in its place.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VfsTable
{
    public int Version;
    public int FileSize;
    public int MaxPath;
    public IntPtr Next;
    public IntPtr Name;
    public IntPtr AppData;
    public IntPtr Open;
    public IntPtr Delete;
    public IntPtr Access;
    public IntPtr FullPathname;
    public IntPtr DlOpen;
    public IntPtr DlError;
    public IntPtr DlSym;
    public IntPtr DlClose;
    public IntPtr Randomness;
    public IntPtr Sleep;
    public IntPtr CurrentTime;
    public IntPtr GetLastError;
    public IntPtr CurrentTimeInt64;
    public IntPtr SetSystemCall;
    public IntPtr GetSystemCall;
    public IntPtr NextSystemCall;
}

[UnmanagedFunctionPointer(CallingConvention.Cdecl)]
internal delegate int OpenCall(IntPtr vfs, IntPtr name, IntPtr file, int flags, IntPtr outFlags);

[UnmanagedFunctionPointer(CallingConvention.Cdecl)]
internal delegate int FileCall(IntPtr file);

[UnmanagedFunctionPointer(CallingConvention.Cdecl)]
internal delegate int FileNumberCall(IntPtr file, int number);

[UnmanagedFunctionPointer(CallingConvention.Cdecl)]
internal delegate int FileSizeCall(IntPtr file, long size);

[UnmanagedFunctionPointer(CallingConvention.Cdecl)]
internal delegate int FilePointerCall(IntPtr file, IntPtr pointer);

[UnmanagedFunctionPointer(CallingConvention.Cdecl)]
internal delegate int FileControlCall(IntPtr file, int what, IntPtr argument);

[UnmanagedFunctionPointer(CallingConvention.Cdecl)]
internal delegate int FileOctetsCall(IntPtr file, IntPtr octets, int count, long offset);

/// <summary><c>sqlite3_io_methods</c>, version 1: https://sqlite.org/c3ref/io_methods.html. Later versions add what the WAL is not asked for.</summary>
internal sealed class FileCalls
{
    public required FileCall Close { get; init; }

    public required FileOctetsCall Read { get; init; }

    public required FileOctetsCall Write { get; init; }

    public required FileSizeCall Truncate { get; init; }

    public required FileNumberCall Sync { get; init; }

    public required FilePointerCall FileSize { get; init; }

    public required FileNumberCall Lock { get; init; }

    public required FileNumberCall Unlock { get; init; }

    public required FilePointerCall CheckReservedLock { get; init; }

    public required FileControlCall FileControl { get; init; }

    public required FileCall SectorSize { get; init; }

    public required FileCall DeviceCharacteristics { get; init; }

    /// <summary>Those of an open file: its first word is where they stand.</summary>
    public static FileCalls Of(IntPtr file)
    {
        IntPtr table = Marshal.ReadIntPtr(file);
        return new FileCalls
        {
            Close = At<FileCall>(1),
            Read = At<FileOctetsCall>(2),
            Write = At<FileOctetsCall>(3),
            Truncate = At<FileSizeCall>(4),
            Sync = At<FileNumberCall>(5),
            FileSize = At<FilePointerCall>(6),
            Lock = At<FileNumberCall>(7),
            Unlock = At<FileNumberCall>(8),
            CheckReservedLock = At<FilePointerCall>(9),
            FileControl = At<FileControlCall>(10),
            SectorSize = At<FileCall>(11),
            DeviceCharacteristics = At<FileCall>(12),
        };

        TCall At<TCall>(int place) => Marshal.GetDelegateForFunctionPointer<TCall>(Marshal.ReadIntPtr(table, place * IntPtr.Size));
    }

    /// <summary>For a file of ours; never freed. The delegates must live as long.</summary>
    public IntPtr ToTable()
    {
        Delegate[] calls = [Close, Read, Write, Truncate, Sync, FileSize, Lock, Unlock, CheckReservedLock, FileControl, SectorSize, DeviceCharacteristics];
        IntPtr table = Marshal.AllocCoTaskMem((calls.Length + 1) * IntPtr.Size);
        Marshal.WriteIntPtr(table, IntPtr.Zero);
        Marshal.WriteInt32(table, 1);
        for (int place = 0; place < calls.Length; place++)
        {
            Marshal.WriteIntPtr(table, (place + 1) * IntPtr.Size, Marshal.GetFunctionPointerForDelegate(calls[place]));
        }

        return table;
    }
}
