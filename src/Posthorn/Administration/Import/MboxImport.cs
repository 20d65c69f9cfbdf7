using System.Globalization;
using System.Security.Cryptography;
using Posthorn.Core;
using Posthorn.Core.Mailboxes;
using Posthorn.Standards.Mbox;

namespace Posthorn.Administration.Import;

/// <summary>Imports one mbox file into one mailbox. Its position is the octet at which the next message begins.</summary>
internal sealed class MboxImport(ImportRun run, ImportRequest request)
{
    /// <summary>Octets at the start of the file by which it is known again.</summary>
    private const int BeginBytes = 4096;

    private readonly string _source = $"mbox {request.Path}";

    /// <returns>Null: done.</returns>
    public async ValueTask<Refusal?> RunAsync(CancellationToken cancel)
    {
        if (!File.Exists(request.Path))
        {
            return new Refusal.Invalid(Directory.Exists(request.Path)
                ? $"{request.Path} is a folder. For a Maildir: posthorn import maildir"
                : $"There is no file {request.Path} that the server can see.");
        }

        if (!(await run.OpenAsync(request.Mailbox ?? NameOf(request.Path), cancel)).TryGet(out Mailbox? mailbox, out Refusal? refusal))
        {
            return refusal;
        }

        await using var file = new FileStream(request.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        if (!StartOf(file, await run.PositionAsync(mailbox, _source, cancel)).TryGet(out long start, out refusal))
        {
            return refusal;
        }

        return await ReadAsync(file, start, mailbox, cancel);
    }

    private async ValueTask<Refusal?> ReadAsync(FileStream file, long start, Mailbox mailbox, CancellationToken cancel)
    {
        var reader = new MboxReader(file, MboxVariant.Rd, start);
        await foreach (MboxMessage message in reader.ReadAsync(cancel))
        {
            if (start > 0 && !message.HasFromLine)
            {
                return Changed();
            }

            if (run.IsFull && await CommitAsync(file, mailbox, message.Offset, cancel) is { } refusal)
            {
                return refusal;
            }

            string? fault = message.HasFromLine ? null : "stands before the first From line of the file: is it an mbox?";
            await run.AddAsync(FormattableString.Invariant($"octet {message.Offset}"), message.Content, message.Flags, message.Uidl, message.Date, fault, cancel);
            run.Progress.Report(new WorkProgress("Octets read", message.Offset, file.Length));
        }

        Refusal? last = await CommitAsync(file, mailbox, file.Position, cancel);
        run.Progress.Report(new WorkProgress("Octets read", file.Position, file.Length));
        return last;
    }

    private ValueTask<Refusal?> CommitAsync(FileStream file, Mailbox mailbox, long offset, CancellationToken cancel) =>
        run.CommitAsync(mailbox, _source, FormattableString.Invariant($"{offset} {Begin(file, offset)}"), cancel);

    /// <summary>0, or the octet an earlier run stopped at, if it is still the same file.</summary>
    private Result<long> StartOf(FileStream file, string position)
    {
        if (position.Length == 0)
        {
            return 0L;
        }

        string[] parts = position.Split(' ');
        long offset = long.Parse(parts[0], CultureInfo.InvariantCulture);
        return offset <= file.Length && Begin(file, offset) == parts[1] ? offset : Changed();
    }

    private Refusal.Invalid Changed() =>
        new($"{request.Path} is not what it was when its import began. Add --restart to import all of it anew; what is there already will then be there twice.");

    private static string Begin(FileStream file, long offset)
    {
        byte[] octets = new byte[Math.Min(BeginBytes, offset)];
        // By position: the reader's place in the file stays.
        int count = RandomAccess.Read(file.SafeFileHandle, octets, 0);
        return Convert.ToHexStringLower(SHA256.HashData(octets.AsSpan(0, count)));
    }

    private static string NameOf(string path) =>
        Path.GetFileName(path) is var name && name.EndsWith(".mbox", StringComparison.OrdinalIgnoreCase) ? name[..^".mbox".Length] : name;
}
