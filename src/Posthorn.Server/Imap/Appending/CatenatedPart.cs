using Posthorn.Core;
using Posthorn.Core.Bodies;
using Posthorn.Core.Mailboxes;
using Posthorn.Core.Messages;
using Posthorn.Server.Imap.Fetching;
using Posthorn.Standards.Mime;

namespace Posthorn.Server.Imap.Appending;

/// <summary>Octets of a message that is here already, to be part of a new one: what FETCH would give of them (RFC 4469 §3).</summary>
internal sealed class CatenatedPart : IAsyncDisposable
{
    private readonly MessageContent _content;
    private readonly long _start;
    private readonly byte[]? _fields;

    private CatenatedPart(MessageContent content, long start, long length, byte[]? fields) => (_content, _start, Length, _fields) = (content, start, length, fields);

    public long Length { get; }

    /// <summary>Null: there is no such mailbox, message or part.</summary>
    public static async ValueTask<CatenatedPart?> OpenAsync(ImapSession session, MessageUrl url, SectionReader sections, CancellationToken cancel)
    {
        Result<Mailbox> found = await session.Services.Mailboxes.ResolveAsync(session.Actor!, url.Mailbox, cancel);
        if (!found.TryGet(out Mailbox? mailbox, out _) || (url.UidValidity is { } validity && mailbox.UidValidity.Value != validity))
        {
            return null;
        }

        MessageFields fields = MessageFields.Content | (url.Section.NeedsStructure ? MessageFields.Structure : MessageFields.None);
        Result<IReadOnlyList<Message>> read = await session.Services.Messages.ReadAsync(
            session.Actor!, mailbox.Account, mailbox.Id, UidSet.Of(url.Uid), fields, cancel);
        if (!read.TryGet(out IReadOnlyList<Message>? rows, out _) || rows is not [var row]
            || await session.Services.Messages.OpenAsync(session.Actor!, mailbox.Account, row, cancel) is not { } content)
        {
            return null;
        }

        BodyStructure? structure = row.Structure is null ? null : BodyStructure.Read(row.Structure);
        if (!SectionReader.TryLocate(url.Section, content, structure, out long start, out long length))
        {
            await content.DisposeAsync();
            return null;
        }

        if (url.Section.Kind is SectionKind.HeaderFields or SectionKind.HeaderFieldsNot)
        {
            byte[] picked = (await sections.PickFieldsAsync(url.Section, content, start, length, cancel)).ToArray();
            return new CatenatedPart(content, 0, picked.Length, picked);
        }

        (long offset, long count) = SectionReader.Cut(url.Section, length);
        return new CatenatedPart(content, start + offset, count, null);
    }

    public async ValueTask CopyToAsync(MessageWriter writer, CancellationToken cancel)
    {
        if (_fields is not null)
        {
            await writer.WriteAsync(_fields, cancel);
            return;
        }

        await using Stream octets = _content.OpenRead();
        octets.Position = _start;
        var buffer = new byte[32 * 1024];
        for (long left = Length; left > 0;)
        {
            int read = await octets.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancel);
            if (read == 0)
            {
                throw new StoreUnavailableException("A body is shorter than its row says.", isFull: false);
            }

            await writer.WriteAsync(buffer.AsMemory(0, read), cancel);
            left -= read;
        }
    }

    public ValueTask DisposeAsync() => _content.DisposeAsync();
}
