using Posthorn.Core.Mailboxes;

namespace Posthorn.Server.Imap.Threading;

/// <summary>The THREAD response.</summary>
/// <remarks>RFC 5256 §4, §5.</remarks>
internal static class ThreadResponse
{
    // thread-data = "THREAD" [SP 1*thread-list]
    public static async ValueTask WriteAsync(ImapSession session, List<ThreadNode> roots, MailboxSnapshot view, bool byUid, CancellationToken cancel)
    {
        ImapResponseWriter writer = session.Writer;
        writer.Write(roots.Count == 0 ? "* THREAD"u8 : "* THREAD "u8);
        foreach (ThreadNode root in roots)
        {
            await WriteListAsync(writer, root, view, byUid, cancel);
        }

        writer.EndLine();
    }

    // thread-list = "(" (thread-members / thread-nested) ")";  thread-members = nz-number *(SP nz-number) [SP thread-nested]
    private static async ValueTask WriteListAsync(ImapResponseWriter writer, ThreadNode root, MailboxSnapshot view, bool byUid, CancellationToken cancel)
    {
        // Null: a list ends here.
        var open = new Stack<ThreadNode?>();
        open.Push(root);
        while (open.TryPop(out ThreadNode? node))
        {
            if (node is null)
            {
                writer.Write((byte)')');
                continue;
            }

            writer.Write((byte)'(');
            open.Push(null);
            for (bool isFirst = true; node is not null; isFirst = false)
            {
                if (node.Message is { } message)
                {
                    writer.Write(isFirst ? ""u8 : " "u8);
                    writer.Number(byUid ? view[message.Position].Uid : message.Position + 1);
                    await writer.FlushIfLargeAsync(cancel);
                }

                if (node.Children.Count > 1)
                {
                    writer.Write(node.Message is null ? ""u8 : " "u8);
                    for (int i = node.Children.Count - 1; i >= 0; i--)
                    {
                        open.Push(node.Children[i]);
                    }
                }

                node = node.Children is [var only] ? only : null;
            }
        }
    }
}
