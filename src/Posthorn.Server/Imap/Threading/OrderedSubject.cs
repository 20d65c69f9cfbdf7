namespace Posthorn.Server.Imap.Threading;

/// <summary>Threads of one subject each; answers stand beside each other under the first message.</summary>
/// <remarks>RFC 5256 §3 ORDEREDSUBJECT.</remarks>
internal static class OrderedSubject
{
    public static List<ThreadNode> Thread(List<ThreadedMessage> messages)
    {
        messages.Sort(ThreadedMessage.BySent);
        var roots = new List<ThreadNode>();
        var bySubject = new Dictionary<string, ThreadNode>();
        foreach (ThreadedMessage message in messages)
        {
            var node = new ThreadNode(message);
            if (bySubject.TryGetValue(message.Subject, out ThreadNode? root))
            {
                root.Children.Add(node);
            }
            else
            {
                bySubject[message.Subject] = node;
                roots.Add(node);
            }
        }

        return roots;
    }
}
