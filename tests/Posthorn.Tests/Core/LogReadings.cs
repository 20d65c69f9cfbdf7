using System.Reflection;
using Posthorn.Core;
using Posthorn.Core.Changes;
using Posthorn.Core.Storage;

namespace Posthorn.Tests.Core;

/// <summary>Counts the entries of a guest's own changes that are read from the log.</summary>
public sealed class LogReadings(IStore store) : IStore
{
    public int InReads { get; private set; }

    public int InWrites { get; private set; }

    public ValueTask<T> ReadAsync<T>(AccountId account, Func<IReadSession, ValueTask<T>> read, CancellationToken cancel) =>
        store.ReadAsync(account, session => read(Between.Of(session, read => InReads += read)), cancel);

    public ValueTask<T> WriteAsync<T>(ReadOnlyMemory<AccountId> accounts, Func<IWriteSession, ValueTask<T>> write, CancellationToken cancel) =>
        store.WriteAsync(accounts, session => write(Between.Of(session, read => InWrites += read)), cancel);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Hands everything on.</summary>
    public class Between : DispatchProxy
    {
        private object _target = null!;
        private Action<int> _count = null!;

        public static T Of<T>(T target, Action<int> count)
            where T : class
        {
            T proxy = Create<T, Between>();
            ((Between)(object)proxy)._target = target;
            ((Between)(object)proxy)._count = count;
            return proxy;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name == nameof(IReadChanges.OfViewerAsync))
            {
                return new ValueTask<IReadOnlyList<ChangeEntry>>(CountAsync(targetMethod, args));
            }

            return (Go(targetMethod, args), targetMethod.ReturnType) switch
            {
                (IWriteChanges changes, { Name: nameof(IWriteChanges) }) => Of(changes, _count),
                (IReadChanges changes, { Name: nameof(IReadChanges) }) => Of(changes, _count),
                (var result, _) => result,
            };
        }

        private object? Go(MethodInfo method, object?[]? args) => method.Invoke(_target, BindingFlags.DoNotWrapExceptions, null, args, null);

        private async Task<IReadOnlyList<ChangeEntry>> CountAsync(MethodInfo method, object?[]? args)
        {
            IReadOnlyList<ChangeEntry> read = await (ValueTask<IReadOnlyList<ChangeEntry>>)Go(method, args)!;
            _count(read.Count);
            return read;
        }
    }
}
