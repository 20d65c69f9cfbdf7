namespace Posthorn.ProtocolTests.Durability;

/// <summary>Makes the files of a store as a power cut would leave them: everything synced, and of the rest what chance lets through.</summary>
internal static class DroppedWrites
{
    private const int Sector = 512;

    /// <param name="calls">What the process did up to the cut.</param>
    /// <param name="folder">A copy of the data folder as it was when the process started.</param>
    public static void Apply(IEnumerable<SystemCall> calls, string folder, Random random)
    {
        var files = new Dictionary<string, Pending>();
        var named = new Dictionary<string, string>();
        foreach (SystemCall call in calls)
        {
            switch (call)
            {
                case SystemCall.Write write:
                    Of(files, write.Path).Changes.Add(write);
                    break;
                case SystemCall.Truncate truncate:
                    Of(files, truncate.Path).Changes.Add(truncate);
                    break;
                case SystemCall.Sync sync when files.TryGetValue(sync.Path, out Pending? pending):
                    pending.Settle();
                    break;
                case SystemCall.Rename rename:
                    named[rename.To + ".part"] = rename.To;
                    break;
            }
        }

        foreach ((string path, Pending pending) in files)
        {
            // Paths of the watched process end as ours do.
            string name = named.GetValueOrDefault(path, path);
            int at = name.IndexOf("/data/", StringComparison.Ordinal);
            if (at < 0 || name.EndsWith("-shm", StringComparison.Ordinal))
            {
                continue;
            }

            string target = Path.Combine(folder, name[(at + "/data/".Length)..]);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            using var file = new FileStream(target, FileMode.OpenOrCreate, FileAccess.ReadWrite);
            pending.WriteTo(file, random);
        }

        // The shared memory of the WAL is rebuilt from it.
        File.Delete(Path.Combine(folder, "posthorn.db-shm"));
    }

    private static Pending Of(Dictionary<string, Pending> files, string path) => files.TryGetValue(path, out Pending? pending) ? pending : files[path] = new Pending();

    private sealed class Pending
    {
        private readonly List<SystemCall> _settled = [];

        public List<SystemCall> Changes { get; } = [];

        public void Settle()
        {
            _settled.AddRange(Changes);
            Changes.Clear();
        }

        public void WriteTo(FileStream file, Random random)
        {
            foreach (SystemCall change in _settled.Concat(Changes.SelectMany(InPieces).Where(_ => random.Next(2) == 0)))
            {
                if (change is SystemCall.Write write)
                {
                    file.Position = write.Offset;
                    file.Write(write.Octets);
                }
                else if (change is SystemCall.Truncate truncate)
                {
                    file.SetLength(truncate.Length);
                }
            }
        }

        /// <summary>A write of many pages arrives in part: a disk writes sectors, in any order.</summary>
        private static IEnumerable<SystemCall> InPieces(SystemCall change)
        {
            if (change is not SystemCall.Write write)
            {
                return [change];
            }

            return write.Octets.Chunk(Sector).Select((piece, number) => new SystemCall.Write(write.Path, write.Offset + ((long)number * Sector), piece));
        }
    }
}
