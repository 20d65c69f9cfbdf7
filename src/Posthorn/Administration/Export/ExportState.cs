using System.Text.Json;
using Posthorn.Core.Bodies;

namespace Posthorn.Administration.Export;

/// <summary>How far an export has come, in a file beside its target until that is whole: the next run goes on from here.</summary>
/// <param name="What">Format, account and mailboxes: another export to the same place begins anew.</param>
internal sealed record ExportState(string What)
{
    /// <summary>Mailboxes that are written whole: the first ones.</summary>
    public int Done { get; init; }

    /// <summary>The last message that is written of the mailbox behind them.</summary>
    public uint Uid { get; init; }

    /// <summary>Where the target was in it then; null: nothing is written of it.</summary>
    public ExportMark? Mark { get; init; }

    public long Exported { get; init; }

    public long Missing { get; init; }

    public List<string> LostFlags { get; init; } = [];

    /// <summary>Null: there is none, or it cannot be read.</summary>
    public static ExportState? Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<ExportState>(File.ReadAllText(path)) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Whole or not at all, and on the disk when it returns.</summary>
    public void Write(string path)
    {
        string fresh = path + ".new";
        using (FileStream file = File.Create(fresh))
        {
            JsonSerializer.Serialize(file, this);
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
        FolderSync.Sync(Path.GetDirectoryName(path)!);
    }
}

/// <summary>A place in a target, in the target's own terms: the length of an mbox file, or the number of the next message in a Maildir.</summary>
/// <param name="Series">What the names in a Maildir begin with.</param>
internal sealed record ExportMark(string Series, long Position);
