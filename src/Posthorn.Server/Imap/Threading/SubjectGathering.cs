namespace Posthorn.Server.Imap.Threading;

/// <summary>Joins threads of the same base subject.</summary>
/// <remarks>RFC 5256 §3 REFERENCES, step 5.</remarks>
internal static class SubjectGathering
{
    /// <param name="roots">Sorted by the date sent.</param>
    public static List<ThreadNode> Gather(List<ThreadNode> roots)
    {
        Dictionary<string, ThreadNode> table = Fill(roots);
        var places = new Dictionary<ThreadNode, int>();
        var kept = new List<ThreadNode?>(roots);
        for (int i = 0; i < roots.Count; i++)
        {
            places[roots[i]] = i;
        }

        for (int i = 0; i < roots.Count; i++)
        {
            ThreadNode current = roots[i];
            string subject = current.First.Subject;
            if (subject.Length == 0 || ReferenceEquals(table[subject], current))
            {
                continue;
            }

            ThreadNode other = table[subject];
            kept[i] = null;
            if (other.Message is null)
            {
                other.Children.AddRange(current.Message is null ? current.Children : [current]);
            }
            else if (current.Message is { IsReply: true } && !other.Message.IsReply)
            {
                other.Children.Add(current);
            }
            else
            {
                var both = new ThreadNode(null);
                both.Children.Add(other);
                both.Children.Add(current);
                places[both] = places[other];
                kept[places[other]] = both;
                table[subject] = both;
            }
        }

        return [.. kept.OfType<ThreadNode>()];
    }

    // (5.B) One for each subject: a dummy rather than a message, a message rather than an answer.
    private static Dictionary<string, ThreadNode> Fill(List<ThreadNode> roots)
    {
        var table = new Dictionary<string, ThreadNode>(StringComparer.Ordinal);
        foreach (ThreadNode current in roots)
        {
            string subject = current.First.Subject;
            if (subject.Length > 0 && (!table.TryGetValue(subject, out ThreadNode? other) || IsBetter(current, other)))
            {
                table[subject] = current;
            }
        }

        return table;
    }

    private static bool IsBetter(ThreadNode current, ThreadNode other) =>
        other.Message is { } message && (current.Message is null || (message.IsReply && !current.Message.IsReply));
}
