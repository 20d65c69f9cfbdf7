using Posthorn.Server.Imap.Threading;

namespace Posthorn.Tests.Server.Imap.Threading;

/// <summary>RFC 5256 §3 REFERENCES, on trees that a dialog would be too long for.</summary>
public sealed class ReferenceThreadsTests
{
    [Fact]
    public void A_loop_of_references_is_no_loop_of_links()
    {
        List<ThreadNode> roots = ReferenceThreads.Thread([Mail(0, "a", "b"), Mail(1, "b", "a")], gathersSubjects: false);

        Assert.Equal("(1 0)", Text(roots));
    }

    [Fact]
    public void A_message_that_names_itself_stands_alone() =>
        Assert.Equal("(0)", Text(ReferenceThreads.Thread([Mail(0, "a", "a")], gathersSubjects: true)));

    [Fact]
    public void The_second_message_of_an_id_has_no_children()
    {
        List<ThreadNode> roots = ReferenceThreads.Thread([Mail(0, "a"), Mail(1, "a"), Mail(2, "b", "a")], gathersSubjects: false);

        Assert.Equal("(0 2)(1)", Text(roots.OrderBy(root => root.First.Position)));
    }

    [Fact]
    public void An_answer_joins_the_thread_of_its_subject()
    {
        List<ThreadNode> roots = ReferenceThreads.Thread(
            [Mail(0, "a") with { Subject = "X" }, Mail(1, "b") with { Subject = "X", IsReply = true }], gathersSubjects: true);

        Assert.Equal("(0 1)", Text(roots));
    }

    [Fact]
    public void Two_messages_of_one_subject_get_a_parent_that_is_not_there()
    {
        List<ThreadNode> roots = ReferenceThreads.Thread([Mail(0, "a") with { Subject = "X" }, Mail(1, "b") with { Subject = "X" }], gathersSubjects: true);

        ThreadNode root = Assert.Single(roots);
        Assert.Null(root.Message);
        Assert.Equal(2, root.Children.Count);
    }

    [Fact]
    public void Twenty_thousand_answers_in_a_row_are_one_thread()
    {
        List<ThreadedMessage> mail = [.. Enumerable.Range(0, 20_000).Select(i => i == 0 ? Mail(0, "m0") : Mail(i, $"m{i}", $"m{i - 1}"))];

        ThreadNode node = Assert.Single(ReferenceThreads.Thread(mail, gathersSubjects: true));

        int depth = 1;
        for (; node.Children is [var only]; node = only)
        {
            depth++;
        }

        Assert.Equal(20_000, depth);
    }

    private static ThreadedMessage Mail(int position, string id, params string[] references) => new(position, position, position, "", false, id, references);

    private static string Text(IEnumerable<ThreadNode> roots) => string.Concat(roots.Select(root => $"({string.Join(' ', Chain(root))})"));

    private static IEnumerable<int> Chain(ThreadNode? node)
    {
        for (; node is not null; node = node.Children.FirstOrDefault())
        {
            yield return node.First.Position;
        }
    }
}
