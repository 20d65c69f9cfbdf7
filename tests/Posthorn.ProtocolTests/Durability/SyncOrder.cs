namespace Posthorn.ProtocolTests.Durability;

/// <summary>
/// Holds a trace against the promise: at the moment anything is said to a client, nothing that was written to the WAL, to a body or into a folder of bodies is still
/// unsynced. Right for one client that waits for each answer, so that no other write can be under way.
/// </summary>
internal static class SyncOrder
{
    /// <summary>What is wrong; empty when the promise was kept. Also how many times the WAL was synced.</summary>
    public static (IReadOnlyList<string> Violations, int Syncs) Check(IReadOnlyList<SystemCall> calls)
    {
        var violations = new List<string>();
        var unsynced = new HashSet<string>();
        int syncs = 0;
        foreach (SystemCall call in calls)
        {
            switch (call)
            {
                case SystemCall.Write write when Matters(write.Path):
                    unsynced.Add(write.Path);
                    break;
                case SystemCall.Rename rename when Matters(rename.To):
                    if (unsynced.Remove(rename.To + ".part"))
                    {
                        // Renaming syncs nothing: the octets are as unsynced under the new name.
                        unsynced.Add(rename.To);
                    }

                    unsynced.Add(Path.GetDirectoryName(rename.To)!);
                    break;
                case SystemCall.Sync sync:
                    unsynced.Remove(sync.Path);
                    syncs += sync.Path.EndsWith("-wal", StringComparison.Ordinal) ? 1 : 0;
                    break;
                case SystemCall.Send send when unsynced.Count > 0:
                    violations.Add($"{string.Join(", ", unsynced)} unsynced when was said: {Convert.ToHexString(send.Octets.AsSpan(0, Math.Min(40, send.Octets.Length)))}");
                    break;
            }
        }

        return (violations, syncs);
    }

    private static bool Matters(string path) =>
        path.EndsWith("-wal", StringComparison.Ordinal) || (path.Contains("/bodies/", StringComparison.Ordinal) && !path.EndsWith("/bodies", StringComparison.Ordinal));
}
